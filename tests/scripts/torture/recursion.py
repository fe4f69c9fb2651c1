# sphinx_gallery_expected_outcome = "exception RecursionError"
def deeper():
    deeper()

print("line 1")
deeper()
