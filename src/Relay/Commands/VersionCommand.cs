using System.Text.Json;

namespace Relay;

/// <summary><c>relay version</c>.</summary>
internal static class VersionCommand
{
    public static async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await context.Out.WriteLineAsync(context.Invocation.Has("json")
            ? JsonSerializer.Serialize(new { version = CommandRunner.Version })
            : $"relay {CommandRunner.Version}");
        return ExitCodes.Ok;
    }
}
