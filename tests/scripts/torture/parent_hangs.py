# sphinx_gallery_expected_outcome = 'timeout'
# sphinx_gallery_timeout = 1.5

import time

def parent_waits():
    time.sleep(600)

print("line 1")
# %%
print("line 2")
parent_waits()
# %%
print("never")
