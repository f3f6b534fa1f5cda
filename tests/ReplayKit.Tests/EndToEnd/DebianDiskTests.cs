using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>Debian's unmodified cloud kernel on a root file system of a disk: its programs fault in from there, so that answers of the disk come between faults.</summary>
public sealed class DebianDiskTests : IDisposable
{
    private const string Init =
        """
        #!/bin/sh
        export PATH=/bin
        mount -t proc proc /proc
        mount -t devtmpfs devtmpfs /dev
        mount -o remount,rw /
        exec > /dev/console 2>&1
        for round in 1 2 3 4 5 6; do
            echo 3 > /proc/sys/vm/drop_caches
            seq 1 3000 | sort -r | sha256sum
            cat /numbers | sha256sum
            for i in 1 2 3 4 5 6 7 8 9 10; do /bin/copy$i true & done
            wait
            dd if=/dev/zero of=/written bs=64k count=8 2>/dev/null
            sync
        done
        echo the guest is done
        poweroff -f
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_stock_kernel_whose_programs_come_from_a_disk_is_recorded_and_its_replay_is_the_same(int cpus)
    {
        Dictionary<string, string> guest = Programs.Run(Checkout.Path("samples", "guest", "fetch.sh"), "6.1")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).ToDictionary(line => line.Split('=')[0], line => line.Split('=')[1]);
        CommandResult record = ReplayKitCommand.Run(
            "record", "--kernel", guest["vmlinuz"], "--initrd", Initramfs(guest), "--append", "console=ttyS0 quiet", "--memory", "256M", "--cpus", $"{cpus}",
            "--disk", Image(guest["busybox"]) + ",format=raw", "-o", _folder.File("disk.rk"));
        Assert.True(record.ExitCode == 0, record.Error);
        Assert.Contains("the guest is done", record.Output, StringComparison.Ordinal);
        CommandResult verify = ReplayKitCommand.Run("verify", _folder.File("disk.rk"));
        Assert.True(verify.ExitCode == 0, verify.Error);
    }

    private string Initramfs(Dictionary<string, string> guest)
    {
        string initramfs = _folder.File("initramfs.cpio.gz");
        Programs.Run(
            Checkout.Path("samples", "guest", "initramfs.sh"), "--busybox", guest["busybox"], "--switch-to", "/dev/vda", "--modules", guest["modules"],
            "--module", "virtio_pci", "--module", "virtio_blk", "--module", "ext4", "-o", initramfs);
        return initramfs;
    }

    // Each copy of busybox is a file of its own, to be read from the disk by itself.
    private string Image(string busybox)
    {
        File.WriteAllText(_folder.File("init"), Init);
        string image = _folder.File("disk.img");
        Programs.Run("bash", "-c", """
            set -e
            mkdir -p "$1"/{bin,dev,proc,sys,sbin}
            install -m 755 "$2" "$1/bin/busybox"
            for name in sh mount echo seq sort sha256sum cat dd sync true poweroff; do ln -s busybox "$1/bin/$name"; done
            for i in 1 2 3 4 5 6 7 8 9 10; do install -m 755 "$2" "$1/bin/copy$i"; done
            install -m 755 "$3" "$1/sbin/init"
            seq 1 200000 > "$1/numbers"
            truncate -s 64M "$4"
            mke2fs -q -t ext4 -d "$1" "$4"
            """, "image", _folder.File("root"), busybox, _folder.File("init"), image);
        return image;
    }
}
