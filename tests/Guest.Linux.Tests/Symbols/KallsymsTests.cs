using Guest.Linux.Symbols;
using Guest.Linux.Tests.Crafted;

namespace Guest.Linux.Tests.Symbols;

/// <summary>Symbol tables of every layout, found in an image and read.</summary>
public sealed class KallsymsTests
{
    private const ulong Base = 0xFFFF_FFFF_9A40_0000;

    public static TheoryData<KallsymsLayout, bool> Layouts
    {
        get
        {
            TheoryData<KallsymsLayout, bool> data = [];
            foreach (KallsymsLayout layout in Enum.GetValues<KallsymsLayout>())
            {
                data.Add(layout, true);
                data.Add(layout, false);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Every_symbol_of_a_table_is_found_by_name_and_by_address(KallsymsLayout layout, bool absolutePerCpu)
    {
        var symbols = Symbols(3000, absolutePerCpu);
        Kallsyms table = Find(layout, absolutePerCpu, symbols) ?? throw new InvalidOperationException("not found");
        Assert.Equal(symbols.Count, table.Count);
        for (int i = 0; i < symbols.Count; i++)
        {
            Assert.Equal(symbols[i].Name, table.NameAt(i, out char type));
            Assert.Equal(symbols[i].Type, type);
            Assert.Equal(symbols[i].Address, table.AddressAt(i));
            Assert.Equal(i, table.Find(symbols[i].Name));
            Assert.Equal(i, table.FindAt(symbols[i].Address));
            Assert.Equal(i, table.FindAt(Math.Max(symbols[i].Address, table.NextAddress(i) - 1)));
        }

        Assert.Equal(-1, table.Find("no_such_name"));
    }

    [Fact]
    public void Of_several_names_at_one_address_the_first_is_given()
    {
        var symbols = Symbols(2000, true);
        symbols[1500] = (symbols[1499].Address, 'T', "alias_one");
        symbols[1501] = (symbols[1499].Address, 'T', "alias_two");
        Kallsyms table = Find(KallsymsLayout.AddressesLast, true, symbols)!;
        Assert.Equal(1499, table.FindAt(symbols[1499].Address + 1));
        Assert.Equal(symbols[1502].Address, table.NextAddress(1499));
        Assert.Equal(1501, table.Find("alias_two"));
    }

    [Fact]
    public void A_name_of_more_than_127_tokens_is_read()
    {
        var symbols = Symbols(1200, true);
        symbols[700] = (symbols[700].Address, 't', "R" + new string('Q', 400));
        Kallsyms table = Find(KallsymsLayout.AddressesFirst, true, symbols)!;
        Assert.Equal(symbols[700].Name, table.NameAt(700, out _));
        Assert.Equal(symbols[701].Name, table.NameAt(701, out _));
    }

    [Fact]
    public void A_table_whose_addresses_are_not_in_order_is_none()
    {
        var symbols = Symbols(1200, true);
        (symbols[600], symbols[601]) = (symbols[601], symbols[600]);
        Assert.Null(Find(KallsymsLayout.AddressesLast, true, symbols));
    }

    [Fact]
    public void An_image_without_a_table_has_none()
    {
        byte[] image = new byte[1 << 20];
        Assert.Null(KallsymsFinder.Find(image));
        new Random(1).NextBytes(image);
        Assert.Null(KallsymsFinder.Find(image));
        Assert.Null(KallsymsFinder.Find([]));
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void A_table_with_flipped_bits_is_refused_or_read_and_never_a_crash(KallsymsLayout layout, bool absolutePerCpu)
    {
        byte[] image = Image(KallsymsBuilder.Build(Symbols(1100, absolutePerCpu), Base, layout, absolutePerCpu));
        Mutations.Run(300, image, mutated =>
        {
            if (KallsymsFinder.Find(mutated) is { } table)
            {
                for (int i = 0; i < table.Count; i += 37)
                {
                    _ = table.NameAt(i, out _);
                    _ = table.FindAt(table.AddressAt(i));
                    _ = table.NextAddress(i);
                }

                _ = table.Find("x");
            }
        });
    }

    private static Kallsyms? Find(KallsymsLayout layout, bool absolutePerCpu, IReadOnlyList<(ulong Address, char Type, string Name)> symbols) =>
        KallsymsFinder.Find(Image(KallsymsBuilder.Build(symbols, Base, layout, absolutePerCpu)));

    private static byte[] Image(byte[] table) => [.. new byte[4096], .. table, .. new byte[4096]];

    private static List<(ulong Address, char Type, string Name)> Symbols(int count, bool absolutePerCpu) =>
    [
        .. Enumerable.Range(0, count).Select(i => (
            absolutePerCpu && i < 100 ? (ulong)(i * 64) : Base + (ulong)(i * 48) + (ulong)(i % 7), i % 3 == 0 ? 'T' : 'd', $"ca_{i}_name_db_{i * 31}")),
    ];
}
