print("line 1")
open(__file__, "w").write("print('something else')\\n" * 100)
# %%
print("line 2")
