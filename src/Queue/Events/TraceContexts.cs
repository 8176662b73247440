using System.Diagnostics;

namespace Relay.Queue;

/// <summary>Which trace a message belongs to: that of the request it came in with, else one named by its own id.</summary>
/// <remarks>
/// A queue id and a trace id both have 16 octets, so that every attempt of a message can be found by the id operators know, with nothing
/// stored. Traces of requests (W3C Trace Context) are remembered in memory, for the newest messages; after a restart attempts go on under the id.
/// </remarks>
public static class TraceContexts
{
    private const int Kept = 10_000;

    private static readonly Lock Gate = new();
    private static Dictionary<QueueId, ActivityContext> _young = [];
    private static Dictionary<QueueId, ActivityContext> _old = [];

    /// <summary>Notes the trace of the request that is served now, if it has one.</summary>
    public static void Remember(QueueId id)
    {
        if (Activity.Current is not { IdFormat: ActivityIdFormat.W3C, Recorded: true } current)
        {
            return;
        }

        lock (Gate)
        {
            if (_young.Count >= Kept)
            {
                _old = _young;
                _young = [];
            }

            _young[id] = current.Context;
        }
    }

    public static ActivityContext Of(QueueId id)
    {
        lock (Gate)
        {
            if (_young.TryGetValue(id, out var context) || _old.TryGetValue(id, out context))
            {
                return context;
            }
        }

        var bytes = id.ToBytes();
        return new ActivityContext(ActivityTraceId.CreateFromBytes(bytes), ActivitySpanId.CreateFromBytes(bytes.AsSpan(8)), ActivityTraceFlags.Recorded);
    }
}
