using Guest.Linux.Elf;

namespace Guest.Linux.Tests.Elf;

/// <summary>What is taken for a program.</summary>
public sealed class ElfFileTests
{
    [Fact]
    public void The_program_that_runs_this_test_is_an_ELF_file_and_its_text_is_none()
    {
        using FileStream program = File.OpenRead("/proc/self/exe");
        byte[] header = new byte[64];
        program.ReadExactly(header);
        Assert.True(ElfFile.IsElf(header));
        Assert.False(ElfFile.IsElf(header.AsSpan(1)));
        Assert.False(ElfFile.IsElf(header.AsSpan(0, 4)));
    }
}
