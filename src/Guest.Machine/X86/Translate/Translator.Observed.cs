using Guest.Machine.X86.Observe;
using Guest.Machine.X86.Translate.Link;

namespace Guest.Machine.X86.Translate;

/// <content>Taking down what is executed.</content>
public sealed partial class Translator
{
    private CodeTrace? _trace;

    /// <inheritdoc/>
    public void Observe(CodeTrace? trace)
    {
        _trace = trace;
        _interpreter.Observe(trace);
        _blocks.Trace = trace;
        DropBlocks();
    }

    // Whether somebody must see each instruction or access who is not in the emitted code.
    private bool IsObserved => _trace is null ? Observer is not null || _cpu.MustSeeAccesses : _cpu.MustCheckAccesses;

    private void Shorten(TranslatedBlock block, int executed)
    {
        if (block.Piece is { } piece)
        {
            _trace!.Shorten(piece, executed);
        }
    }

    // The same where emitted code has taken down that the instruction jumps, and it does not.
    private void ShortenJump(TranslatedBlock block, int jump)
    {
        for (int passed = 0; passed < block.Piece?.Passed.Length; passed++)
        {
            if (block.Piece.Passed[passed].Index == jump)
            {
                _trace!.TakeBackExit(block.Piece, passed);
            }
        }

        Shorten(block, jump);
    }
}
