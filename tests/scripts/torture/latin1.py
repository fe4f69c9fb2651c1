# -*- coding: latin-1 -*-
print('line 1')
# %%
print(len('é'))
