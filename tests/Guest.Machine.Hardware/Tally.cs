namespace Guest.Machine.Hardware;

/// <summary>What came of one instruction's cases.</summary>
public sealed class Tally
{
    /// <summary>Encodings made.</summary>
    public long Instances { get; set; }

    /// <summary>Cases run.</summary>
    public long Cases { get; set; }

    /// <summary>Cases the tested CPU had no answer to, such as an instruction it lacks.</summary>
    public long Unusable { get; set; }

    /// <summary>Cases that emitted code of the translator executed to their end.</summary>
    public long Translated { get; set; }

    /// <summary>Cases in which the CPUs differed.</summary>
    public long Mismatches { get; set; }

    /// <summary>Cases in which the reference differed from itself: something of the host's came between (a hypervisor that loses NT, say).</summary>
    public long Disturbed { get; set; }
}
