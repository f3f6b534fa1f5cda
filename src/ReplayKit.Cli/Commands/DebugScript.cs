namespace ReplayKit.Cli.Commands;

/// <summary>What <c>debug</c> has gdb read at its start: settings, the connection, and commands of its own.</summary>
internal static class DebugScript
{
    // Commands that are handed on to monitor as they are.
    private static readonly string[] Words = ["when", "ps", "console", "process", "xp", "translate"];

    // What an expression names, as the monitor's commands take it, and what they list with the names that gdb has of a program's functions. Instructions have
    // names only where one process was chosen: another one has other functions at the same addresses.
    private const string Writes = """"
        python
        import re, shlex
        def replaykit_bytes(text):
            what, length = re.fullmatch(r'(.*?)\s*(/\s*(?:0x[0-9a-fA-F]+|[0-9]+))?', text.strip()).groups()
            if re.fullmatch(r'(0x[0-9a-fA-F]+|[0-9]+)(\+(0x[0-9a-fA-F]+|[0-9]+))?', what):
                return text
            try:
                place = gdb.parse_and_eval('&(%s)' % what)
            except gdb.error as error:
                if 'register' in str(error):
                    raise gdb.GdbError(str(error))
                try:
                    place = gdb.parse_and_eval(what)
                except gdb.error as error:
                    if re.fullmatch(r'[\w.]+(\+\w+)?', what):
                        return text
                    raise gdb.GdbError(str(error))
            kind = place.type.strip_typedefs()
            kind = kind.target().strip_typedefs() if kind.code == gdb.TYPE_CODE_PTR else None
            sized = kind is not None and kind.code not in (gdb.TYPE_CODE_ERROR, gdb.TYPE_CODE_FUNC, gdb.TYPE_CODE_VOID)
            return '0x%x%s' % (int(place) & 0xffffffffffffffff, length or '/%d' % (kind.sizeof if sized else 8))
        def replaykit_named(line):
            write = re.match(r'(\S+  )(0x[0-9a-f]+)(  wrote .*)', line)
            if write is None:
                return line
            symbol = re.match(r'(\S+)(?: \+ ([0-9]+))? in section', gdb.execute('info symbol ' + write.group(2), to_string=True))
            where = gdb.find_pc_line(int(write.group(2), 16))
            return write.group(1) + write.group(2) + (' <%s+%s>' % (symbol.group(1), symbol.group(2) or '0') if symbol else '') + (
                ' at %s:%d' % (where.symtab.filename, where.line) if where.symtab else '') + write.group(3)
        class ReplayKitWrites(gdb.Command):
            def __init__(self, name, first, help):
                self.__doc__ = help
                super().__init__(name, gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)
                self.name, self.first = name, first
            def invoke(self, text, from_tty):
                for word in self.first:
                    if text.startswith(word + ' '):
                        text = text[len(word) + 1:].lstrip()
                ram = text.startswith('ram ')
                words = ' '.join([self.name] + self.first + (['ram'] if ram else []) + [replaykit_bytes(text[4:] if ram else text)])
                lines = gdb.execute('monitor ' + words, to_string=True).splitlines()
                named = not gdb.execute('monitor process', to_string=True).startswith('all')
                print('\n'.join(replaykit_named(line) if named else line for line in lines))
        ReplayKitWrites('who-wrote', [], 'who-wrote [ram] EXPR[/BYTES]: the instruction that wrote the bytes of EXPR last before now.')
        ReplayKitWrites('history', ['of'], 'history of [ram] EXPR[/BYTES]: all writes to the bytes of EXPR in the whole recording.')
        class ReplayKitGoLive(gdb.Command):
            """go-live [FOLDER]: lets the guest run on live from here, in this terminal, recorded into a new folder. Ctrl-A x ends it; the debugging stands where it stood."""
            def __init__(self):
                super().__init__('go-live', gdb.COMMAND_RUNNING, gdb.COMPLETE_FILENAME)
            def invoke(self, text, from_tty):
                line = gdb.execute('monitor go-live ' + text, to_string=True)
                words = shlex.split(line)
                if words[:2] != ['replaykit', 'replay']:
                    raise gdb.GdbError(line)
                gdb.execute('shell ' + ' '.join(map(shlex.quote, replaykit_command + words[1:])))
        ReplayKitGoLive()
        end

        """";

    /// <summary>Writes it.</summary>
    /// <param name="target">Where the recording is served.</param>
    /// <param name="process">The process that gdb is shown; null for none.</param>
    /// <param name="command">How this command is started: a program and its first arguments.</param>
    internal static string Make(string target, string? process, IEnumerable<string> command)
    {
        // Answers may take as long as a replay does. After a jump gdb's caches are out of date, as it does not know of it.
        return $"""
            set confirm off
            set remotetimeout 1000000
            set sysroot target:/
            set print asm-demangle on
            set disassembly-flavor intel
            {string.Concat(Words.Select(Definition))}
            define goto
            monitor goto $arg0
            maintenance flush register-cache
            maintenance flush dcache
            frame
            end
            define symbols
            python
            for line in gdb.execute("monitor symbols", to_string=True).splitlines():
                if line.startswith("add-symbol-file "): gdb.execute(line)
            end
            end
            target remote {target}
            {(process is null ? "" : "python\ntry: gdb.execute('add-symbol-file target:/replaykit/kernel')\nexcept gdb.error as error: print(error)\nend\nframe\n")}
            {Writes}
            python replaykit_command = [{string.Join(", ", command.Select(Literal))}]
            echo A recording cannot be changed; 'go-live FOLDER' lets the guest run on from here. 'monitor help' lists what there is.\n

            """;
    }

    // A gdb command that hands up to three words on to monitor.
    private static string Definition(string word) =>
        $"define {word}\nif $argc == 0\nmonitor {word}\nend\nif $argc == 1\nmonitor {word} $arg0\nend\nif $argc == 2\nmonitor {word} $arg0 $arg1\nend\nif $argc == 3\nmonitor {word} $arg0 $arg1 $arg2\nend\nend\n";

    // A string of Python's.
    private static string Literal(string text) =>
        "bytes.fromhex('" + Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(text)) + "').decode()";
}
