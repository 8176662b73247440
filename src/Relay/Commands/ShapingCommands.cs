using System.Text;
using Relay.Delivery;

namespace Relay;

/// <summary><c>relay shaping …</c>: what is known of receivers, and what was decided about them.</summary>
internal static class ShapingCommands
{
    /// <summary>The built-in presets as they stand in the program, ready to be edited.</summary>
    public static async Task<int> ShowAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await context.Out.WriteAsync(Encoding.UTF8.GetString(ShippedPresets.Content).AsMemory(), cancellationToken);
        return ExitCodes.Ok;
    }
}
