using ReplayKit.Cli;
using ReplayKit.Cli.Commands;

return Entry.Run(args,
[
    RecordCommand.Create(),
    RunCommand.Create(),
    ReplayCommand.Create(),
    DebugCommand.Create(),
    VerifyCommand.Create(),
    CheckpointCommand.Create(),
    InfoCommand.Create(),
    DumpCommand.Create(),
    PsCommand.Create(),
    AnalyzeCommand.Create(),
    JoinCommand.Create(),
    PluginsCommand.Create(),
    ExportCommand.Create(),
    LsCommand.Create(),
    PackCommand.Create(),
    UnpackCommand.Create(),
]);
