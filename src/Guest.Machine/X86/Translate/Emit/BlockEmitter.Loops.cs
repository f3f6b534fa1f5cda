namespace Guest.Machine.X86.Translate.Emit;

/// <content>
/// Blocks that jump back to their own beginning with flags that can be had again from registers: a second copy of them begins with just that, and loops.
/// Nothing leads to it but the block itself, so whoever drops the block need not undo these jumps: each time round the budget is looked at.
/// The units that it uses have been loaded by the first copy.
/// </content>
internal sealed partial class BlockEmitter
{
    private LoopState _loop;

    // Whether a jump at the block's end, with the flags in the processor, goes on at the block's second copy; which is emitted then.
    private bool LoopsBack(long target)
    {
        if (!_loop.IsPossible || _at != _count - 1 || target != _block.Offset || _flags != FlagPlace.Processor || _producer < 0)
        {
            return false;
        }

        if (_loop.Start != 0)
        {
            return _producer == _loop.Producer && (_loop.Kept < 0 || (_keptIsLoaded && _kept == _loop.Kept));
        }

        (_loop.IsOpen, _loop.Producer, _loop.Kept) = (true, _producer, _keptIsLoaded ? _kept : -1);
        return true;
    }

    private void EmitLoop()
    {
        (_loop.IsOpen, _loop.Start) = (false, _code.Here);
        if (_loop.Jump != 0)
        {
            _code.Patch(_loop.Jump, _loop.Start);
        }

        (_flags, _producer, _slotInRcx) = (FlagPlace.Repeatable, _loop.Producer, -1);
        (_kept, _keptIsLoaded, _slotIsOwed) = (_loop.Kept, _loop.Kept >= 0, false);
        EmitBudgetCheck(ColdKind.Budget, 0);
        EmitInstructions(-1);
    }
}
