using ReplayKit.Cli;
using ReplayKit.Cli.Commands;

return Entry.Run(args,
[
    LsCommand.Create(),
]);
