using System.Buffers;
using System.Text.Json;

namespace Relay.Platform.Emails;

/// <summary>A new time for a scheduled e-mail.</summary>
internal sealed record ScheduleRequest(DateTimeOffset At)
{
    public static ApiResult<ScheduleRequest> Read(ReadOnlySequence<byte> body, DateTimeOffset now)
    {
        var faults = new FieldFaults();
        DateTimeOffset? at = null;
        JsonBody.Parse(body, faults, (ref Utf8JsonReader reader, string name) =>
        {
            if (name == "scheduledAt")
            {
                at = JsonFields.Time(ref reader, faults, name);
            }
            else
            {
                reader.Skip();
            }
        });
        if (at is null)
        {
            faults.Add("scheduledAt", "is missing");
        }
        else if (at > now + EmailLimits.MaxAhead)
        {
            faults.Add("scheduledAt", "may lie a year ahead at most");
        }

        return faults.First is { } fault ? fault : new ScheduleRequest(at > now ? at.Value : now);
    }
}
