mkdir -p /tmp/work/sub
echo hello > /tmp/work/file
ln -s file /tmp/work/link
ls -l /tmp/work
cat /etc/passwd /nowhere
seq 1 500 | sort -n | md5sum
mv /tmp/work/file /tmp/work/sub/renamed
chmod 600 /tmp/work/sub/renamed
gzip -c /tmp/work/sub/renamed | wc -c
find /tmp/work | cpio -o -H newc > /tmp/archive
rm -r /tmp/work
sleep 0.02 & wait
python3 work.py
./calls
./calls32 || [ $? -eq 7 ]
