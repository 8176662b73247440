using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Smtp;
using Relay.Smtp.Server;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Fuzz;

/// <summary>Content in chunks of any size, in writes of any size: what is stored is what was sent, or nothing.</summary>
public sealed class ChunkFuzz
{
    private static readonly Gen<byte[]> Content =
        from pieces in Gen.Elements("\r\n", "\r\n", ".\r\n", "\r\n.\r\n", "QUIT\r\n", "BDAT 5 LAST\r\n", "x", "yz", "\xe4", "\r", "\n", "\0").ListOf()
        select Encoding.Latin1.GetBytes(string.Concat(pieces));

    [Fact]
    public void Stores_exactly_what_was_sent_or_refuses_it()
    {
        var cases =
            from content in Content
            from sizes in Gen.Choose(0, 9).NonEmptyListOf()
            from cut in Gen.Choose(1, 40)
            select (Content: content, Sizes: sizes.Append(3).ToArray(), Cut: cut);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var (stored, answer) = PlayAsync(Wire(c.Content, c.Sizes), c.Cut).WaitAsync(TimeSpan.FromSeconds(30)).GetAwaiter().GetResult();
            return IsClean(c.Content)
                ? stored is [var only] && only.AsSpan().SequenceEqual(c.Content) && answer.EndsWith("221 2.0.0 Closing connection\r\n", StringComparison.Ordinal)
                : stored.Count == 0 && answer.EndsWith("221 2.0.0 Closing connection\r\n", StringComparison.Ordinal);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    [Fact]
    public void The_check_of_line_endings_agrees_with_the_whole_text()
    {
        var cases =
            from content in Content
            from sizes in Gen.Choose(0, 4).NonEmptyListOf()
            select (Content: content, Sizes: sizes.Append(2).ToArray());
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var check = new LineEndingCheck();
            var at = 0;
            for (var i = 0; at < c.Content.Length; i++)
            {
                var size = Math.Min(c.Sizes[i % c.Sizes.Length], c.Content.Length - at);
                check.Note(c.Content.AsSpan(at, size));
                at += size;
            }

            check.End();
            return (check.Fault == DataFault.None) == IsClean(c.Content) && (check.Fault == DataFault.BareLineEnding) == HasBareEnding(c.Content);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(10_000));
    }

    private static byte[] Wire(byte[] content, int[] sizes)
    {
        using var wire = new MemoryStream();
        wire.Write("EHLO c.example\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\n"u8);
        var at = 0;
        for (var i = 0; at < content.Length; i++)
        {
            var size = Math.Min(sizes[i % sizes.Length], content.Length - at);
            wire.Write(Encoding.ASCII.GetBytes($"BDAT {size}\r\n"));
            wire.Write(content, at, size);
            at += size;
        }

        wire.Write("BDAT 0 LAST\r\nQUIT\r\n"u8);
        return wire.ToArray();
    }

    private static bool IsClean(byte[] content) => !HasBareEnding(content) && !content.Contains((byte)0);

    private static bool HasBareEnding(byte[] content)
    {
        var text = Encoding.Latin1.GetString(content).Replace("\r\n", "", StringComparison.Ordinal);
        return text.Contains('\r', StringComparison.Ordinal) || text.Contains('\n', StringComparison.Ordinal);
    }

    private static async Task<(IReadOnlyList<byte[]> Stored, string Answer)> PlayAsync(byte[] wire, int cut)
    {
        using var metrics = new SmtpMetrics();
        var sink = new CollectingSink();
        var options = new SmtpServerOptions
        {
            Listener = "test",
            Hostname = "mail.example.com",
            Tls = SmtpTlsMode.None,
            Limits = new SmtpServerLimits { MaxErrors = 10_000 },
        };
        var handler = new SmtpConnectionHandler(options, new ScriptedPolicy(), sink, new ManualTimeProvider(), metrics, NullLogger<SmtpConnectionHandler>.Instance);
        await using var connection = new InMemoryConnection();
        var serving = connection.ServeAsync(handler);
        for (var at = 0; at < wire.Length && !serving.IsCompleted; at += cut)
        {
            await connection.Client.Output.WriteAsync(wire.AsMemory(at, Math.Min(cut, wire.Length - at)));
        }

        await connection.Client.Output.CompleteAsync();
        var answer = await ReadAllAsync(connection);
        await serving;
        return ([.. sink.Messages.Select(m => m.Content)], answer);
    }

    private static async Task<string> ReadAllAsync(InMemoryConnection connection)
    {
        using var reader = new StreamReader(connection.Client.Input.AsStream(leaveOpen: true), Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }
}
