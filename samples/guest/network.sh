# For a guest's shell: brings network device eth0 up by DHCP.  Sourced: . /network.sh   (samples/guest/initramfs.sh --file samples/guest/network.sh:/network.sh)
cat > /tmp/bound <<'BOUND'
#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr add "$ip/$mask" dev "$interface"
ip route add default via "$router"
for server in $dns; do echo "nameserver $server"; done > /etc/resolv.conf
BOUND
chmod +x /tmp/bound
ip link set lo up
ip link set eth0 up
udhcpc -i eth0 -n -q -f -s /tmp/bound
