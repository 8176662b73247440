using Relay;

return await CommandRunner.RunAsync(args, Console.In, Console.Out, Console.Error);
