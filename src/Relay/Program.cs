using Relay;

return await ProgramStart.RunAsync(args);
