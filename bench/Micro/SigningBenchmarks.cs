using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using Relay.Dkim;

namespace Relay.Bench.Micro;

/// <summary>Body canonicalisation, and whole signatures of both kinds.</summary>
[MemoryDiagnoser]
public class SigningBenchmarks
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly DkimSigner _signer = new();
    private readonly DkimKey[] _rsa = [DkimKeyGenerator.Generate("example.com", "r1", DkimAlgorithm.RsaSha256).Key];
    private readonly DkimKey[] _ed25519 = [DkimKeyGenerator.Generate("example.com", "e1", DkimAlgorithm.Ed25519Sha256).Key];
    private byte[] _body = [];

    [Params(4 * 1024, 64 * 1024)]
    public int SizeBytes { get; set; }

    [GlobalSetup]
    public void Prepare() => _body = Sample.Body(SizeBytes);

    [Benchmark]
    public long CanonicalizeBody()
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        using var canonicalizer = new BodyCanonicalizer(DkimCanonicalization.Relaxed);
        canonicalizer.Append(_body);
        canonicalizer.Finish(hash);
        return canonicalizer.Length;
    }

    [Benchmark]
    public byte[] SignRsa() => _signer.Sign(Sample.Headers, _body, _rsa, At);

    [Benchmark]
    public byte[] SignEd25519() => _signer.Sign(Sample.Headers, _body, _ed25519, At);
}
