using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Relay;

/// <summary>Follows the stream of events over restarts of the server.</summary>
/// <remarks>1. Follow until the stream ends or breaks. 2. Ask again every second, behind the last event that was seen.</remarks>
/// <param name="follow">Opens the stream behind an event's id; null: from now on.</param>
/// <param name="write">Takes one event.</param>
/// <param name="tell">Takes a sentence about the stream itself.</param>
internal sealed class EventTail(
    Func<string?, IAsyncEnumerable<SseItem<string>>> follow, Func<JsonElement, Task> write, Func<string, Task> tell, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private string? _last;
    private bool _wasOpen;
    private bool _isAway;

    /// <exception cref="OperatorException">The first call was refused or not answered, or a later one was refused.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await foreach (var item in follow(_last).WithCancellation(cancellationToken))
                {
                    await TakeAsync(item);
                }
            }
            catch (OperatorException trouble) when (trouble.ExitCode == ExitCodes.Unavailable && _wasOpen)
            {
                // Not back yet.
            }

            if (!_isAway)
            {
                _isAway = true;
                await tell("the server ended the stream; waiting for it to come back");
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private async Task TakeAsync(SseItem<string> item)
    {
        _wasOpen = true;
        _last = item.EventId ?? _last;
        if (_isAway)
        {
            _isAway = false;
            await tell("the server is back");
        }

        if (item.EventType == "event")
        {
            await write(JsonDocument.Parse(item.Data).RootElement);
        }
        else if (item.EventType == "lost")
        {
            await tell(JsonDocument.Parse(item.Data).RootElement.Text("text"));
        }
    }
}
