namespace ReplayKit.Cli.Terminal;

/// <summary>Finds the escape sequences in what is typed at the guest's console: Ctrl-A and one key, as in QEMU.</summary>
internal sealed class EscapeKeys
{
    private const byte CtrlA = 1;
    private bool escaped;

    /// <summary>The sequences, for the user.</summary>
    public static string Help => "Ctrl-A x ends the run, Ctrl-A h shows this, Ctrl-A Ctrl-A sends Ctrl-A to the guest; every other key goes to the guest";

    /// <summary>Takes the next key; <see cref="EscapeKey.Send"/> means that this very byte goes to the guest.</summary>
    public EscapeKey Next(byte key)
    {
        if (!escaped)
        {
            escaped = key == CtrlA;
            return escaped ? EscapeKey.Nothing : EscapeKey.Send;
        }

        escaped = false;
        return key switch
        {
            CtrlA => EscapeKey.Send,
            (byte)'x' => EscapeKey.End,
            (byte)'h' or (byte)'c' or (byte)'?' => EscapeKey.Help,
            _ => EscapeKey.Nothing,
        };
    }
}
