using BenchmarkDotNet.Attributes;
using Relay.Smtp;
using Relay.Smtp.Client;

namespace Relay.Bench.Micro;

/// <summary>Content in (undotted, checked) and content out (dotted, written).</summary>
[MemoryDiagnoser]
public class ContentBenchmarks
{
    private static readonly SmtpClientOptions Options = new() { EhloName = "relay.example.com" };

    private byte[] _content = [];
    private byte[] _dotted = [];

    [Params(4 * 1024, 64 * 1024)]
    public int SizeBytes { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        _content = [.. Sample.Headers, .. Sample.Body(SizeBytes)];
        _dotted = Sample.Dotted(_content);
    }

    [Benchmark]
    public long Read()
    {
        var reader = new DataReader();
        ReadOnlyMemory<byte> rest = _dotted;
        while (!reader.IsComplete)
        {
            reader.Read(rest, out var consumed);
            rest = rest[consumed..];
        }

        return reader.ContentBytes;
    }

    /// <summary>The connection's buffers included.</summary>
    [Benchmark]
    public async Task<long> WriteAsync()
    {
        await using var connection = new SmtpClientConnection(Stream.Null, Options, TimeProvider.System);
        using var writer = new DataWriter(connection, TimeSpan.FromMinutes(3), _content.Length);
        await writer.WriteAsync(_content, CancellationToken.None);
        await writer.FinishAsync(CancellationToken.None);
        return writer.ContentBytes;
    }
}
