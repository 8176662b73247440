using System.Buffers;
using System.Text;
using Relay.Platform;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Strings, base64 and digests read piece by piece.</summary>
public sealed class JsonReadingTests
{
    [Theory]
    [InlineData("plain")]
    [InlineData("\\\"\\\\\\/\\b\\f\\n\\r\\t")]
    [InlineData("\\u00e9\\u20ac\\uD83D\\uDE00 é€😀")]
    [InlineData("")]
    public void A_string_is_unescaped_however_it_is_cut(string raw)
    {
        var expected = System.Text.Json.JsonSerializer.Deserialize<string>($"\"{raw}\"");
        for (var size = 1; size <= 14; size++)
        {
            for (var room = 4; room <= 9; room++)
            {
                var reader = new JsonStringReader(Cut(Encoding.UTF8.GetBytes(raw), size));
                var output = new List<byte>();
                var buffer = new byte[room];
                int count;
                while ((count = reader.Read(buffer)) > 0)
                {
                    output.AddRange(buffer[..count]);
                }

                Assert.Equal(expected, Encoding.UTF8.GetString([.. output]));
            }
        }
    }

    [Fact]
    public void Base64_is_decoded_however_it_is_cut_and_spaced()
    {
        var random = new Random(11);
        for (var length = 1; length < 200; length++)
        {
            var bytes = new byte[length * (length % 10 == 0 ? 997 : 1)];
            random.NextBytes(bytes);
            var text = Convert.ToBase64String(bytes, length % 2 == 0 ? Base64FormattingOptions.InsertLineBreaks : Base64FormattingOptions.None)
                .Replace("\r\n", "\\r\\n", StringComparison.Ordinal).Replace("+", "\\u002B", StringComparison.Ordinal);
            var raw = Cut(Encoding.ASCII.GetBytes(text), random.Next(1, 5000));
            using var stream = new Base64JsonStream(raw);
            using var output = new MemoryStream();
            stream.CopyTo(output);

            Assert.Equal(bytes.Length, Base64JsonStream.Measure(raw));
            Assert.Equal(bytes, output.ToArray());
        }
    }

    [Theory]
    [InlineData("A")]
    [InlineData("AA")]
    [InlineData("AAA")]
    [InlineData("AA==AA==")]
    [InlineData("AAA=A")]
    [InlineData("====")]
    [InlineData("A===")]
    [InlineData("AAA*")]
    [InlineData("AAAAé")]
    [InlineData("AA-_")]
    public void What_is_not_base64_is_found(string text)
    {
        Assert.Equal(-1, Base64JsonStream.Measure(Cut(Encoding.UTF8.GetBytes(text), 3)));
        Assert.Equal(-1, Base64JsonStream.Measure(Cut(Encoding.UTF8.GetBytes(new string('A', 70_000) + text), 4096)));
    }

    [Theory]
    [InlineData("""{"a":1,"b":[true,null,"x"]}""", """ { "b" : [ true , null , "\u0078" ] , "a" : 1.0 } """)]
    [InlineData("100", "1e2")]
    [InlineData("\"a/b\"", "\"a\\/b\"")]
    [InlineData("{\"é\":{}}", "{\"\\u00e9\":{}}")]
    public void Texts_that_say_the_same_have_one_digest(string one, string other) => Assert.Equal(Digest(one), Digest(other));

    [Theory]
    [InlineData("""{"a":1}""", """{"a":2}""")]
    [InlineData("""{"a":1}""", """{"a":"1"}""")]
    [InlineData("""["a","b"]""", """["b","a"]""")]
    [InlineData("""["a","b"]""", """["ab"]""")]
    [InlineData("""[["a"],"b"]""", """["a",["b"]]""")]
    [InlineData("""{"a":{"b":1}}""", """{"a":{},"b":1}""")]
    [InlineData("null", "\"null\"")]
    [InlineData("[]", "{}")]
    [InlineData("""{"a":null}""", "{}")]
    public void Texts_that_differ_have_other_digests(string one, string other) => Assert.NotEqual(Digest(one), Digest(other));

    [Fact]
    public void A_digest_costs_bounded_work() =>
        Assert.Null(JsonDigest.Compute(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes($"[{string.Join(',', Enumerable.Repeat("1", 101))}]")), 100, JsonBody.MaxDepth));

    [Theory]
    [InlineData("2030-01-31T12:00:00Z", "2030-01-31T12:00:00.000Z")]
    [InlineData("2030-01-31t12:00:00.1234567z", "2030-01-31T12:00:00.123Z")]
    [InlineData("2030-01-31T12:00+05:30", "2030-01-31T06:30:00.000Z")]
    public void Times_need_an_offset_and_are_told_in_utc(string text, string told)
    {
        Assert.True(ApiJson.TryParseTime(text, out var time));
        Assert.Equal(told, ApiJson.Time(time));
    }

    private static string Digest(string json) => Convert.ToHexString(JsonDigest.Compute(Cut(Encoding.UTF8.GetBytes(json), 2), 1000, JsonBody.MaxDepth)!);

    private static ReadOnlySequence<byte> Cut(byte[] bytes, int size)
    {
        var first = new Piece(bytes.AsMemory(0, Math.Min(size, bytes.Length)), null);
        var last = first;
        for (var at = size; at < bytes.Length; at += size)
        {
            last = new Piece(ReadOnlyMemory<byte>.Empty, last);
            last = new Piece(bytes.AsMemory(at, Math.Min(size, bytes.Length - at)), last);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? previous)
        {
            Memory = memory;
            RunningIndex = previous is null ? 0 : previous.RunningIndex + previous.Memory.Length;
            if (previous is not null)
            {
                previous.Next = this;
            }
        }
    }
}
