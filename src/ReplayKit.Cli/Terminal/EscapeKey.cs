namespace ReplayKit.Cli.Terminal;

/// <summary>What a key typed at the guest's console asks for.</summary>
internal enum EscapeKey
{
    /// <summary>It goes to the guest.</summary>
    Send,

    /// <summary>It is the first half of an escape sequence, or an unknown second half.</summary>
    Nothing,

    /// <summary>It ends the run (Ctrl-A x).</summary>
    End,

    /// <summary>It asks for the list of escape keys (Ctrl-A h, Ctrl-A c, Ctrl-A ?).</summary>
    Help,
}
