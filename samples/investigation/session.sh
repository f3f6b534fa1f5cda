# What the guest of docs/investigation.md runs.
ip link set lo up
shop serve &
sleep 1
shop load 500
echo 'the guest is done'
