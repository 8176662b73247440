using System.Buffers;
using System.Text.Json;

namespace Relay.Platform.Emails;

/// <summary>A new time for a scheduled e-mail.</summary>
internal sealed record ScheduleRequest(DateTimeOffset At)
{
    public static ApiResult<ScheduleRequest> Read(ReadOnlySequence<byte> body, DateTimeOffset now)
    {
        var faults = new FieldFaults();
        DateTimeOffset? at;
        try
        {
            at = ReadTime(body, faults);
        }
        catch (JsonException)
        {
            return ApiFault.BadRequest("the body is not valid JSON");
        }

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

    private static DateTimeOffset? ReadTime(ReadOnlySequence<byte> body, FieldFaults faults)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = EmailLimits.MaxDepth });
        DateTimeOffset? at = null;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            faults.Add("scheduledAt", "is missing; the body must be a JSON object");
            return null;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = JsonFields.Name(ref reader, faults);
            reader.Read();
            if (name == "scheduledAt")
            {
                at = JsonFields.Time(ref reader, faults, name);
            }
            else
            {
                reader.Skip();
            }
        }

        reader.Read();
        return at;
    }
}
