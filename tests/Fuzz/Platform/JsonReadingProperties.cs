using System.Buffers;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Relay.Platform;
using Relay.Platform.Emails;
using Xunit;

namespace Relay.Tests.Fuzz;

/// <summary>The API's readers of JSON strings and base64 against the framework's, however the body is cut.</summary>
public sealed class JsonReadingProperties
{
    private static readonly string[] TextParts = ["a", "\"", "\\", "/", "\b", "\f", "\n", "\r", "\t", "é", "€", "😀", "\u0000", "\u2028", "plain text ", "\u007f"];
    private static readonly string[] Base64Parts = ["QQ==", "QUI=", "QUJD", "A", "=", "==", "+", "/", "\\u002B", "\\u003d", " ", "\\n", "\\r\\n", "\\t", "!", "é", "AAAA", "\\\\"];

    private static readonly string[] JsonParts =
    [
        "{", "}", "[", "]", ":", ",", "\"from\"", "\"to\"", "\"subject\"", "\"text\"", "\"attachments\"", "\"headers\"", "\"tags\"", "\"a@example.com\"", "\"\\uD800\"", "null",
        "true", "1e9", "\"\"", " ", "\"content\"", "\"filename\"", "\"scheduledAt\"", "\"2030-01-01T00:00:00Z\"", "\u0000", "\"x", "\\",
    ];

    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(3000);
    private static readonly JsonSerializerOptions Indented = new(ApiJson.Options) { WriteIndented = true };

    [Fact]
    public void A_string_is_what_the_framework_reads() => Prop.ForAll(Texts(), input =>
    {
        var encoded = JsonSerializer.SerializeToUtf8Bytes(string.Concat(input.Parts), input.Sizes.Length % 2 == 0 ? JsonSerializerOptions.Default : ApiJson.Options);
        var reader = new JsonStringReader(Cut(encoded.AsMemory(1, encoded.Length - 2), input.Sizes));
        var output = new List<byte>();
        var room = new byte[4 + (input.Sizes[0] % 9)];
        int count;
        while ((count = reader.Read(room)) > 0)
        {
            output.AddRange(room.AsSpan(0, count));
        }

        return Encoding.UTF8.GetString([.. output]) == string.Concat(input.Parts);
    }).Check(Many);

    [Fact]
    public void Base64_is_what_the_framework_decodes_or_a_fault() => Prop.ForAll(Of(Base64Parts), input =>
    {
        var raw = Encoding.UTF8.GetBytes(string.Concat(input.Parts));
        var expected = Decode(JsonSerializer.Deserialize<string>($"\"{string.Concat(input.Parts)}\"")!);
        var length = Base64JsonStream.Measure(Cut(raw, input.Sizes));
        using var stream = new Base64JsonStream(Cut(raw, input.Sizes));
        using var output = new MemoryStream();
        try
        {
            stream.CopyTo(output);
        }
        catch (InvalidDataException)
        {
            return expected is null && length == -1;
        }

        return expected is not null && length == expected.Length && output.ToArray().AsSpan().SequenceEqual(expected);
    }).Check(Many);

    [Fact]
    public void A_request_is_read_or_refused_and_nothing_else() => Prop.ForAll(Of(JsonParts), input =>
    {
        var body = Cut(Encoding.UTF8.GetBytes(string.Concat(input.Parts)), input.Sizes);
        foreach (var isBatch in new[] { false, true })
        {
            if (!new EmailRequestReader(body).Read(isBatch).Failed(out var fault, out var items) && items.Count == 0)
            {
                return false;
            }

            if (fault is not null && (fault.Status != 400 || fault.Message.Length == 0))
            {
                return false;
            }
        }

        return true;
    }).Check(Many);

    [Fact]
    public void A_digest_says_what_a_text_means_and_not_how_it_is_written() => Prop.ForAll(Texts(), input =>
    {
        var members = input.Parts.Select((part, i) => KeyValuePair.Create($"m{i}", part)).ToList();
        var one = JsonSerializer.SerializeToUtf8Bytes(members.ToDictionary());
        var other = JsonSerializer.SerializeToUtf8Bytes(Enumerable.Reverse(members).ToDictionary(), Indented);
        var changed = JsonSerializer.SerializeToUtf8Bytes(members.Append(KeyValuePair.Create("more", "x")).ToDictionary());
        return Digest(one, input.Sizes).AsSpan().SequenceEqual(Digest(other, input.Sizes)) && !Digest(one, input.Sizes).AsSpan().SequenceEqual(Digest(changed, input.Sizes));
    }).Check(Many);

    private static byte[] Digest(byte[] json, int[] sizes) => JsonDigest.Compute(Cut(json, sizes), 10_000, 32)!;

    private static byte[]? Decode(string text)
    {
        try
        {
            // Strict: the bits that padding leaves over are zero (RFC 4648, section 3.5), which the framework does not ask for.
            var decoded = Convert.FromBase64String(text);
            return Convert.ToBase64String(decoded) == string.Concat(text.Where(c => c is not (' ' or '\t' or '\r' or '\n'))) ? decoded : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static Arbitrary<(string[] Parts, int[] Sizes)> Texts() => Of(TextParts);

    private static Arbitrary<(string[] Parts, int[] Sizes)> Of(string[] parts) => (
        from some in Gen.Elements(parts).ArrayOf()
        from sizes in Gen.Choose(1, 20).NonEmptyListOf()
        select (some, sizes.ToArray())).ToArbitrary();

    private static ReadOnlySequence<byte> Cut(ReadOnlyMemory<byte> bytes, int[] sizes)
    {
        var first = new Piece(ReadOnlyMemory<byte>.Empty, null);
        var last = first;
        for (var i = 0; !bytes.IsEmpty; i++)
        {
            var size = Math.Min(sizes[i % sizes.Length], bytes.Length);
            last = new Piece(bytes[..size], last);
            bytes = bytes[size..];
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
