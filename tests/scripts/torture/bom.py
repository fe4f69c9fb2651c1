print('line 1')
# %%
print('line é')
