using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Relay.Platform;

/// <summary>SHA-256 of what a JSON text says, whatever the order of members, white space, escapes and spelling of numbers.</summary>
/// <remarks>
/// Every value gets a digest over its kind and content; an object's covers its members' sorted digests, an array's its elements in
/// order. So nothing is gathered but the digests of one path down, and a body of any size needs little memory.
/// </remarks>
internal sealed class JsonDigest
{
    private const int MaxNumberLength = 64;

    private readonly ReadOnlySequence<byte> _body;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _values;

    private JsonDigest(ReadOnlySequence<byte> body) => _body = body;

    /// <returns>Null when the text holds more than <paramref name="maxValues"/> values.</returns>
    /// <exception cref="JsonException">It is no JSON text.</exception>
    public static byte[]? Compute(ReadOnlySequence<byte> body, int maxValues, int maxDepth)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = maxDepth });
        var digest = new JsonDigest(body) { _values = maxValues };
        reader.Read();
        var result = digest.Value(ref reader);
        return digest._values < 0 ? null : result;
    }

    private byte[] Value(ref Utf8JsonReader reader)
    {
        if (--_values < 0)
        {
            reader.Skip();
            return [];
        }

        return reader.TokenType switch
        {
            JsonTokenType.StartObject => Object(ref reader),
            JsonTokenType.StartArray => Array(ref reader),
            JsonTokenType.String => String('s', ref reader),
            JsonTokenType.Number => SHA256.HashData(Encoding.UTF8.GetBytes("n" + Number(ref reader))),
            JsonTokenType.True => SHA256.HashData("t"u8),
            JsonTokenType.False => SHA256.HashData("f"u8),
            _ => SHA256.HashData("0"u8),
        };
    }

    private byte[] Object(ref Utf8JsonReader reader)
    {
        var members = new List<byte[]>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = String('m', ref reader);
            reader.Read();
            members.Add([.. name, .. Value(ref reader)]);
        }

        members.Sort(static (left, right) => left.AsSpan().SequenceCompareTo(right));
        using var hash = Begin('{');
        members.ForEach(member => hash.AppendData(member));
        return hash.GetHashAndReset();
    }

    private byte[] Array(ref Utf8JsonReader reader)
    {
        using var hash = Begin('[');
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            hash.AppendData(Value(ref reader));
        }

        return hash.GetHashAndReset();
    }

    private byte[] String(char kind, ref Utf8JsonReader reader)
    {
        using var hash = Begin(kind);
        var text = new JsonStringReader(JsonFields.Raw(ref reader, _body));
        int count;
        while ((count = text.Read(_buffer)) > 0)
        {
            hash.AppendData(_buffer, 0, count);
        }

        return hash.GetHashAndReset();
    }

    // 1, 1.0 and 1e0 are one number; what no decimal holds is compared as it is written.
    private static string Number(ref Utf8JsonReader reader)
    {
        var octets = reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan.ToArray();
        var text = Encoding.ASCII.GetString(octets);
        return octets.Length <= MaxNumberLength && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number.ToString("G29", CultureInfo.InvariantCulture)
            : text;
    }

    private static IncrementalHash Begin(char kind)
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([(byte)kind]);
        return hash;
    }
}
