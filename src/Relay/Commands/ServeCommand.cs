namespace Relay;

/// <summary><c>relay serve</c>: runs the server until it is told to stop.</summary>
internal static class ServeCommand
{
    public static async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows()
            && WindowsService.TryRun((stop, started) => ServeAsync(context, started, stop), out var exitCode))
        {
            return exitCode;
        }

        return await ServeAsync(context, static () => { }, cancellationToken);
    }

    private static async Task<int> ServeAsync(CommandContext context, Action started, CancellationToken cancellationToken)
    {
        var configuration = CommandConfiguration.LoadWithOrigin(context);
        await using var server = await RelayHost.StartAsync(configuration, context.Invocation.Has("sandbox"), TimeProvider.System, cancellationToken);
        started();
        await WelcomeText.WriteAsync(context.Out, configuration, server);
        await server.WaitForShutdownAsync(cancellationToken);
        return ExitCodes.Ok;
    }
}
