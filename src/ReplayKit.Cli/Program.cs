using ReplayKit.Cli;
using ReplayKit.Cli.Commands;

return Entry.Run(args,
[
    InfoCommand.Create(),
    DumpCommand.Create(),
    LsCommand.Create(),
]);
