using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Relay.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Relay.Tests.Integration;

/// <summary>From the door to the destination, through the running server: envelope and octets out are envelope and octets in, below our Received.</summary>
public sealed class ByteIdentityTests(ITestOutputHelper output)
{
    private const int RandomMessages = 150;
    private const string TextDomain = "text.example.net";
    private const string ChunkDomain = "chunk.example.net";

    private static readonly string[] Extensions = ["PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES"];

    [Fact]
    public async Task Whatever_is_taken_arrives_as_it_came()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var arrived = new ConcurrentDictionary<string, SinkMessage>();
        string? Keep(SinkMessage message)
        {
            arrived[message.Recipients[0]] = message;
            return null;
        }

        await using var text = SmtpSink.Start(new SmtpSinkOptions { Extensions = Extensions, Message = Keep });
        await using var chunks = SmtpSink.Start(new SmtpSinkOptions { Extensions = [.. Extensions, "CHUNKING"], Message = Keep });
        await using var relay = new RelayProcess();
        relay.Configure(
            listener: "fix_ups = false",
            more: string.Create(CultureInfo.InvariantCulture, $"""

            [dkim]
            enabled = false

            [route."{TextDomain}"]
            smarthost = "127.0.0.1:{text.Port}"

            [route."{ChunkDomain}"]
            smarthost = "127.0.0.1:{chunks.Port}"

            """));
        await relay.StartAsync();

        var sent = await SendAsync(relay, Messages(new Random(seed)));
        await Poll.UntilAsync(
            $"all messages arrive (seed {seed}); missing: {string.Join(' ', sent.Where(one => !arrived.ContainsKey(one.Recipient)).Take(5).Select(one => one.Recipient))}",
            () => sent.TrueForAll(one => arrived.ContainsKey(one.Recipient)),
            TimeSpan.FromSeconds(60));

        Assert.All(sent, one => AssertSame(one, arrived[one.Recipient], seed));
        output.WriteLine($"{sent.Count} messages, {sent.Sum(one => (long)one.Content.Length)} octets; {sent.Count(one => one.Chunked)} taken by BDAT, {arrived.Values.Count(m => m.IsChunked)} sent by BDAT");
        Assert.Contains(arrived.Values, message => message.IsChunked);
        Assert.Contains(arrived.Values, message => !message.IsChunked);
    }

    private static void AssertSame(Sent sent, SinkMessage message, int seed)
    {
        // What comes by BDAT may lack the last line ending; text that goes on has one, by DATA (RFC 5321 §4.1.1.4) as by BDAT.
        var expected = Encoding.Latin1.GetString(sent.Content);
        if (!expected.EndsWith("\r\n", StringComparison.Ordinal))
        {
            expected += "\r\n";
        }

        var got = Encoding.Latin1.GetString(message.Content);
        Assert.True(got.EndsWith(expected, StringComparison.Ordinal), $"seed {seed}: {sent.Recipient} arrived otherwise than it was sent");
        var added = got[..^expected.Length];
        Assert.StartsWith("Received: ", added, StringComparison.Ordinal);
        Assert.All(added.TrimEnd().Split("\r\n").Skip(1), line => Assert.True(line[0] is ' ' or '\t', $"seed {seed}: {sent.Recipient} was given more than Received: {line}"));

        Assert.Equal(sent.Sender, message.ReversePath);
        Assert.Equal([sent.Recipient], message.Recipients);
        Assert.All(sent.MailParameters.Split(' ', StringSplitOptions.RemoveEmptyEntries), parameter => Assert.Contains(parameter, message.MailParameters, StringComparison.Ordinal));
        Assert.All(sent.RecipientParameters.Split(' ', StringSplitOptions.RemoveEmptyEntries), parameter => Assert.Contains(parameter, message.RecipientParameters[0], StringComparison.Ordinal));
    }

    private static async Task<List<Sent>> SendAsync(RelayProcess relay, IEnumerable<byte[]> contents)
    {
        var sent = new List<Sent>();
        var (talk, _) = await SmtpTalk.OpenAsync(relay.SmtpPort);
        await using (talk)
        {
            foreach (var content in contents)
            {
                var one = Envelope(sent.Count, content);
                sent.Add(one);
                await talk.SayAsync($"MAIL FROM:<{one.Sender}> {one.MailParameters}", "250");
                await talk.SayAsync($"RCPT TO:<{one.Recipient}> {one.RecipientParameters}", "250");
                if (one.Chunked)
                {
                    await talk.SayAsync(Chunk(content.AsSpan(0, content.Length / 2), isLast: false), "250");
                    await talk.SayAsync(Chunk(content.AsSpan(content.Length / 2), isLast: true), "250");
                }
                else
                {
                    await talk.SayAsync("DATA", "354");
                    await talk.SendContentAsync(content, "250");
                }
            }
        }

        return sent;
    }

    private static byte[] Chunk(ReadOnlySpan<byte> octets, bool isLast) =>
        [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"BDAT {octets.Length}{(isLast ? " LAST" : "")}\r\n")), .. octets];

    private static Sent Envelope(int number, byte[] content)
    {
        var text = number.ToString(CultureInfo.InvariantCulture);
        var isWhole = content.AsSpan().EndsWith("\r\n"u8);
        return new Sent(
            content,
            Chunked: !isWhole || number % 2 == 0,
            Sender: number % 7 == 0 ? "" : $"Sender+{text}@example.com",
            Recipient: $"\"quoted {text}\"@{(number % 4 < 2 ? TextDomain : ChunkDomain)}",
            MailParameters: (number % 3) switch { 0 => "BODY=8BITMIME", 1 => $"BODY=8BITMIME RET=HDRS ENVID=id+2B{text}", _ => "BODY=8BITMIME RET=FULL" },
            RecipientParameters: (number % 3) switch { 0 => "", 1 => "NOTIFY=FAILURE,DELAY ORCPT=rfc822;first+2Bone@example.org", _ => "NOTIFY=NEVER" });
    }

    private static IEnumerable<byte[]> Messages(Random random)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(TestData.Root, "tests", "Data"), "*.eml", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var octets = File.ReadAllBytes(file);
            if (!octets.Contains((byte)0) && octets.Length > 0)
            {
                yield return HostileMessage.WithCrlf([.. octets.Where(octet => octet != '\r')]);
            }
        }

        foreach (var wire in (string[])["\r\n", ".\r\n", "..\r\n.\r\n", ".", "no end", "\r\n\r\n.\r\n", "From: a@example.com\r\n\r\n.\r\n..\r\n...\r\n", "From: a@example.com\r\n\r\n.x\r\n", "not a field\r\n"])
        {
            yield return Encoding.Latin1.GetBytes(wire);
        }

        for (var i = 0; i < RandomMessages; i++)
        {
            yield return RandomMessage(random, i % 50 == 0 ? 20_000 : random.Next(1, 60));
        }
    }

    private static byte[] RandomMessage(Random random, int lines)
    {
        var content = new List<byte>();
        content.AddRange(Encoding.ASCII.GetBytes(random.Next(4) == 0 ? "" : "From: sender@example.com\r\nSubject: random\r\n\r\n"));
        for (var i = 0; i < lines; i++)
        {
            content.AddRange(random.Next(8) switch
            {
                0 => "."u8.ToArray(),
                1 => ".."u8.ToArray(),
                2 => [],
                3 => [.. "."u8, .. Octets(random, random.Next(20))],
                4 when lines < 100 => Octets(random, random.Next(900, 5000)),
                _ => Octets(random, random.Next(80)),
            });
            if (i < lines - 1 || random.Next(5) > 0)
            {
                content.AddRange("\r\n"u8);
            }
        }

        return content.Count == 0 ? "\r\n"u8.ToArray() : [.. content];
    }

    // Everything but CR, LF and NUL.
    private static byte[] Octets(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (byte)random.Next(1, 256)).Select(octet => octet is (byte)'\r' or (byte)'\n' ? (byte)'.' : octet)];

    private sealed record Sent(byte[] Content, bool Chunked, string Sender, string Recipient, string MailParameters, string RecipientParameters);
}
