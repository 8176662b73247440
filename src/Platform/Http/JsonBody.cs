using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Relay.Platform;

/// <summary>Reads whole JSON bodies within bounds; of what is wrong, the first is told.</summary>
internal static class JsonBody
{
    /// <summary>A body of a few fields.</summary>
    public const long MaxSmallBytes = 64 * 1024;

    public const int MaxDepth = 32;

    public delegate T Parser<out T>(ref Utf8JsonReader reader, FieldFaults faults);

    /// <summary>The body, read by <paramref name="parse"/> from its first token on.</summary>
    public static ValueTask<ApiResult<T>> ReadAsync<T>(HttpContext context, long maxBytes, Parser<T> parse)
        where T : class => ReadAsync(context, maxBytes, new FieldFaults(), parse);

    /// <summary>The same, for who has more to say of the fields afterwards.</summary>
    public static async ValueTask<ApiResult<T>> ReadAsync<T>(HttpContext context, long maxBytes, FieldFaults faults, Parser<T> parse)
        where T : class
    {
        if ((await RequestBody.ReadAsync(context, maxBytes)).Failed(out var fault, out var body))
        {
            faults.Fail(fault);
            return fault;
        }

        using (body)
        {
            var value = Parse(body.Bytes, faults, parse);
            return faults.First is { } first ? first : value!;
        }
    }

    /// <summary>A small body that is one object, member by member; what is wrong stands in the faults.</summary>
    public static async ValueTask ReadAsync(HttpContext context, FieldFaults faults, MemberReader read) =>
        await ReadAsync(context, MaxSmallBytes, faults, (ref Utf8JsonReader reader, FieldFaults found) =>
        {
            JsonFields.Object(ref reader, found, read);
            return found;
        });

    /// <summary>As far as it could be read; null and a fault when it is no JSON.</summary>
    public static T? Parse<T>(ReadOnlySequence<byte> body, FieldFaults faults, Parser<T> parse)
        where T : class
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            reader.Read();
            var value = parse(ref reader, faults);

            // What follows must be nothing: the reader throws at more.
            reader.Read();
            return value;
        }
        catch (JsonException fault)
        {
            faults.Fail(ApiFault.BadRequest(string.Create(
                CultureInfo.InvariantCulture, $"the body is not valid JSON (line {fault.LineNumber + 1}, octet {fault.BytePositionInLine + 1})")));
            return null;
        }
    }

    /// <summary>A body that is one object, member by member.</summary>
    public static void Parse(ReadOnlySequence<byte> body, FieldFaults faults, MemberReader read) => Parse(body, faults, (ref Utf8JsonReader reader, FieldFaults found) =>
    {
        JsonFields.Object(ref reader, found, read);
        return found;
    });
}
