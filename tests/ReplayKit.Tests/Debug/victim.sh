# What the guest of the tests of gdb runs.
victim
echo "victim ended with $?"
pair
