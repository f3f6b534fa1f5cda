namespace Trace.Export.Tests;

public sealed class TraceCollectorTests
{
    [Fact]
    public void Each_retired_instruction_is_a_row()
    {
        using RealModeMachine machine = new();
        machine.Put(0x7C00, "B83412 50 A30005 81060005 0100 8B1E0005 90 EBFD");
        Dictionary<string, string[]> tables = machine.Collect(8);
        Assert.Equal(
            [
                "0,0,0,31744,0,0,mov,alu", "1,0,1,31747,0,0,push,store", "2,0,2,31748,0,0,mov,store", "3,0,3,31751,0,0,add,update",
                "4,0,4,31757,0,0,mov,load", "5,0,5,31761,0,0,nop,nop", "6,0,6,31762,0,0,jmp,jump", "7,0,7,31761,0,0,nop,nop",
            ], tables["instructions"]);
        Assert.Equal(
            [
                "1,0,1,0,28670,28670,2,w,4660", "2,0,2,0,1280,1280,2,w,4660", "3,0,3,0,1280,1280,2,r,4660", "3,0,3,1,1280,1280,2,w,4661",
                "4,0,4,0,1280,1280,2,r,4661",
            ], tables["accesses"]);
        Assert.Empty(tables["events"]);
    }

    [Fact]
    public void Code_bytes_are_rows_when_they_are_new_or_have_changed()
    {
        using RealModeMachine machine = new();
        // inc byte [7C07h]; nop; jmp to the first; the third byte of the table is the one that changes: mov al, imm8.
        machine.Put(0x7C00, "FE06077C 90 90 B000 EBF6");
        string[] code = machine.Collect(10)["code"];
        Assert.Equal(
            [
                "0,31744,0,Inc_rm8,fe06077c", "1,31748,0,Nopw,90", "2,31749,0,Nopw,90", "3,31750,0,Mov_r8_imm8,b001", "4,31752,0,Jmp_rel8_16,ebf6", "8,31750,0,Mov_r8_imm8,b002",
            ], code);
    }

    [Fact]
    public void A_fault_is_an_event_and_the_accesses_of_the_faulting_try_are_not_rows()
    {
        using RealModeMachine machine = new();
        // Vector 0 leads to 0:600h. The divisor in memory is read, and is zero.
        machine.Put(0, "00060000");
        machine.Put(0x600, "90");
        machine.Put(0x7C00, "90 F7360005");
        Dictionary<string, string[]> tables = machine.Collect(2);
        Assert.Equal(["1,0,1,exception,0,-1,31745,0,0,0,0"], tables["events"]);
        Assert.Equal(["0,0,0,31744,0,0,nop,nop", "1,0,1,1536,0,0,nop,nop"], tables["instructions"]);
        // Flags, CS and IP on the stack, and the vector: what the delivery itself does.
        Assert.Equal(3, tables["accesses"].Count(row => row.Contains(",w,", StringComparison.Ordinal)));
        Assert.DoesNotContain(tables["accesses"], row => row.Contains(",1280,1280,", StringComparison.Ordinal));
        Assert.All(tables["accesses"], row => Assert.StartsWith("1,0,1,", row, StringComparison.Ordinal));
    }

    [Fact]
    public void Interrupts_of_hardware_and_software_are_events()
    {
        using RealModeMachine machine = new() { Interrupt = 0x21 };
        machine.Put(0x20 * 4, "00060000 10060000");
        machine.Put(0x600, "CF");
        machine.Put(0x610, "CF");
        machine.Put(0x7C00, "CD20 9090");
        Dictionary<string, string[]> tables = machine.Collect(3, 5);
        Assert.Equal(["1,0,1,software_interrupt,32,-1,31744,0,0,0,0", "3,0,3,interrupt,33,-1,31747,0,0,0,0"], tables["events"]);
        Assert.Equal(["int", "iret", "nop", "iret", "nop"], tables["instructions"].Select(row => row.Split(',')[6]));
        Assert.Equal(["syscall", "sysret", "nop", "sysret", "nop"], tables["instructions"].Select(row => row.Split(',')[7]));
    }

    [Fact]
    public void A_write_to_CR3_is_an_event_even_if_nothing_changes_and_entering_protected_mode_is_one()
    {
        using RealModeMachine machine = new();
        // mov cr3, eax with 0 and with 5000h; then PE on.
        machine.Put(0x7C00, "0F22D8 B80050 0F22D8 66B811000000 0F22C0 90");
        Assert.Equal(
            ["1,0,1,cr3_write,-1,-1,31744,0,0,0,0", "3,0,3,cr3_write,-1,-1,31750,0,0,0,20480", "5,0,5,mode_switch,-1,-1,31759,0,0,0,16"],
            machine.Collect(6)["events"]);
    }

    [Fact]
    public void A_repeated_string_instruction_is_one_row_with_all_its_accesses()
    {
        using RealModeMachine machine = new();
        // mov cx, 5000; mov di, 1000h; mov al, 7; rep stosb; nop
        machine.Put(0x7C00, "B98813 BF0010 B007 F3AA 90");
        Dictionary<string, string[]> tables = machine.Collect(5);
        Assert.Equal(5, tables["instructions"].Length);
        Assert.Equal("3,0,3,31752,0,0,stosb,store", tables["instructions"][3]);
        Assert.Equal(Enumerable.Range(0, 5000).Select(i => $"3,0,3,{i},{0x1000 + i},{0x1000 + i},1,w,7"), tables["accesses"]);
    }

    [Fact]
    public void An_access_across_a_page_is_a_row_for_each_page()
    {
        using RealModeMachine machine = new();
        machine.Put(0x7C00, "66C706FD1F44332211 66A1FD1F");
        Assert.Equal(
            [
                "0,0,0,0,8189,8189,3,w,2241348", "0,0,0,1,8192,8192,1,w,17",
                "1,0,1,0,8189,8189,3,r,2241348", "1,0,1,1,8192,8192,1,r,17",
            ], machine.Collect(2)["accesses"]);
    }
}
