print('line 1')
# %%

print('''a
b''')
