using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Relay.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Relay.Tests.Faults;

/// <summary>Content is streamed: what a message costs in memory does not depend on its size.</summary>
public sealed class LargeMessageTests(ITestOutputHelper output)
{
    private const int MessageMiB = 50;
    private const int BoundMiB = 24;

    private static readonly byte[] Piece = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(new string('x', 62) + "\r\n", 1024)));

    [PeerFact("sh")]
    public async Task Fifty_mebibytes_one_by_one_and_four_at_once_cost_less_than_half_of_one()
    {
        await using var relay = new RelayProcess { ServeOptions = ["--sandbox"] };
        relay.Configure(listener: "max_message_size = \"64MiB\"");
        await relay.StartAsync();
        await SendAsync(relay, "warm", mebibytes: 2, chunked: false);
        await SendAsync(relay, "warm", mebibytes: 2, chunked: true);

        await GrowthAsync(relay, "one by DATA", () => SendAsync(relay, "data", MessageMiB, chunked: false));
        await GrowthAsync(relay, "one by BDAT", () => SendAsync(relay, "bdat", MessageMiB, chunked: true));
        await GrowthAsync(relay, "four at once", () => Task.WhenAll(Enumerable.Range(0, 4).Select(i => SendAsync(relay, $"four{i}", MessageMiB, chunked: i % 2 == 0))));
    }

    private async Task GrowthAsync(RelayProcess relay, string what, Func<Task> send)
    {
        // Lowers the peak to what is resident now (proc(5)).
        await File.WriteAllTextAsync(Proc(relay, "clear_refs"), "5");
        var before = Read(relay, "VmRSS");
        await send();
        var growth = Read(relay, "VmHWM") - before;
        output.WriteLine($"{what}: from {before >> 10} MiB, peak {growth >> 10} MiB more");
        Assert.True(growth < BoundMiB << 10, $"{what}: the peak was {growth >> 10} MiB above the {before >> 10} MiB before");
    }

    private static string Proc(RelayProcess relay, string name) => string.Create(CultureInfo.InvariantCulture, $"/proc/{relay.ProcessId}/{name}");

    // In KiB.
    private static long Read(RelayProcess relay, string field)
    {
        var line = File.ReadLines(Proc(relay, "status")).First(line => line.StartsWith(field + ":", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static async Task SendAsync(RelayProcess relay, string name, int mebibytes, bool chunked)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", relay.SmtpPort);
        client.SendTimeout = client.ReceiveTimeout = 60_000;
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.ASCII);
        await ExpectAsync(reader, "220");
        await TellAsync(stream, reader, "EHLO client.example", "250");
        await TellAsync(stream, reader, "MAIL FROM:<sender@example.com>", "250");
        await TellAsync(stream, reader, $"RCPT TO:<{name}@example.net>", "250");
        const string header = "From: sender@example.com\r\nSubject: large\r\n\r\n";
        if (chunked)
        {
            await WriteAsync(stream, $"BDAT {header.Length}\r\n{header}");
            await ExpectAsync(reader, "250");
            await WriteAsync(stream, string.Create(CultureInfo.InvariantCulture, $"BDAT {mebibytes << 20} LAST\r\n"));
        }
        else
        {
            await TellAsync(stream, reader, "DATA", "354");
            await WriteAsync(stream, header);
        }

        for (var i = 0; i < mebibytes << 4; i++)
        {
            await stream.WriteAsync(Piece);
        }

        if (!chunked)
        {
            await WriteAsync(stream, ".\r\n");
        }

        await ExpectAsync(reader, "250");
        await TellAsync(stream, reader, "QUIT", "221");
    }

    private static async Task TellAsync(NetworkStream stream, StreamReader reader, string command, string code)
    {
        await WriteAsync(stream, command + "\r\n");
        await ExpectAsync(reader, code);
    }

    private static async Task WriteAsync(NetworkStream stream, string text) => await stream.WriteAsync(Encoding.ASCII.GetBytes(text));

    private static async Task ExpectAsync(StreamReader reader, string code)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        string? line;
        do
        {
            line = await reader.ReadLineAsync(limit.Token);
            Assert.StartsWith(code, line, StringComparison.Ordinal);
        }
        while (line![3] == '-');
    }
}
