# sphinx_gallery_expected_outcome = "exception SyntaxError"
print("never")
# %%
print("never"
