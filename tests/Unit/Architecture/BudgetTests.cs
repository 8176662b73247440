using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Relay.Dkim;
using Relay.Mail;
using Relay.Smtp;
using Relay.Smtp.Client;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>The hot paths allocate no more than bench/budgets.json allows. Octets are counted, not time, so any machine may run this.</summary>
public sealed class BudgetTests
{
    private const int Rounds = 200;

    private static readonly byte[] Headers = Encoding.ASCII.GetBytes(
        "From: App <sender@example.com>\r\nTo: user@example.net\r\nSubject: One of many\r\nDate: Fri, 02 Jan 2026 03:04:05 +0000\r\n" +
        "Message-ID: <1@example.com>\r\nMIME-Version: 1.0\r\n\r\n");

    private static readonly byte[] Body = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("Plain text of an ordinary length, .as reports.\r\n", 1400)));

    private static readonly DkimSigner Signer = new();
    private static readonly DkimKey[] RsaKeys = [DkimKeyGenerator.Generate("example.com", "r1", DkimAlgorithm.RsaSha256).Key];

    private static readonly Dictionary<string, Action> Operations = new(StringComparer.Ordinal)
    {
        ["smtp.line"] = () => Lines("NOOP\r\nRCPT TO:<user@example.net>\r\n"u8.ToArray()),
        ["smtp.command.mail"] = () => Parse("MAIL FROM:<sender@example.com> SIZE=4096 BODY=8BITMIME"u8),
        ["smtp.command.rcpt"] = () => Parse("RCPT TO:<user@example.net>"u8),
        ["smtp.command.data"] = () => Parse("DATA"u8),
        ["smtp.content.in"] = ReadContent,
        ["smtp.content.out"] = StuffDots,
        ["mail.header.filter"] = FilterHeader,
        ["dkim.body"] = CanonicalizeBody,
        ["dkim.sign.rsa"] = () => Signer.Sign(Headers, Body, RsaKeys, DateTimeOffset.UnixEpoch),
    };

    private static readonly byte[][] FilteredNames = ["x-relay-tag"u8.ToArray(), "idempotency-key"u8.ToArray()];

    private static readonly byte[] Dotted = [.. Headers, .. Body, .. ".\r\n"u8];
    private static readonly byte[] Target = new byte[Dotted.Length + 1024];

    private static readonly Dictionary<string, long> Budgets =
        JsonSerializer.Deserialize<Dictionary<string, long>>(File.ReadAllText(Path.Combine(TestData.Root, "bench", "budgets.json")))!;

    public static TheoryData<string> Names() => [.. Operations.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Allocates_no_more_than_its_budget(string operation) =>
        Assert.InRange(Measure(Operations[operation]), 0, Budgets[operation]);

    [Theory]
    [MemberData(nameof(Names))]
    public void Has_a_budget_that_is_not_far_above_its_need(string operation) =>
        Assert.InRange(Budgets[operation], 0, (2 * Measure(Operations[operation])) + 64);

    [Fact]
    public void Every_budget_names_an_operation() => Assert.Empty(Budgets.Keys.Except(Operations.Keys));

    /// <summary>Octets per call, rounded down, the smallest of several looks: what the runtime allocates beside is not the operation's.</summary>
    private static long Measure(Action operation)
    {
        var least = long.MaxValue;
        for (var look = 0; look < 5; look++)
        {
            operation();
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var round = 0; round < Rounds; round++)
            {
                operation();
            }

            least = Math.Min(least, (GC.GetAllocatedBytesForCurrentThread() - before) / Rounds);
        }

        return least;
    }

    private static void Lines(byte[] input)
    {
        var reader = new SmtpLineReader();
        var buffer = new ReadOnlySequence<byte>(input);
        while (reader.TryRead(ref buffer, 2048, out _) == LineStatus.Line)
        {
        }
    }

    private static void Parse(ReadOnlySpan<byte> line)
    {
        if (SmtpCommandParser.Parse(line).Error is { } error)
        {
            throw new InvalidOperationException(error.ToString());
        }
    }

    private static void ReadContent()
    {
        var reader = new DataReader();
        ReadOnlyMemory<byte> rest = Dotted;
        while (!reader.IsComplete)
        {
            reader.Read(rest, out var consumed);
            rest = rest[consumed..];
        }
    }

    private static void StuffDots()
    {
        var stuffer = default(DotStuffer);
        stuffer.Copy(Body, Target, out var written);
        stuffer.Finish(Target.AsSpan(written));
    }

    private static void FilterHeader()
    {
        var filter = new HeaderFilter(FilteredNames);
        ReadOnlyMemory<byte> rest = Headers;
        while (!rest.IsEmpty)
        {
            filter.Filter(rest[..Math.Min(rest.Length, 100)], out var consumed);
            rest = rest[consumed..];
        }
    }

    private static void CanonicalizeBody()
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        using var canonicalizer = new BodyCanonicalizer(DkimCanonicalization.Relaxed);
        canonicalizer.Append(Body);
        canonicalizer.Finish(hash);
    }
}
