using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Relay.Dkim;

/// <summary>Signs one message with several keys in one pass over the body (RFC 6376, RFC 8463; relaxed/relaxed, no l=).</summary>
/// <remarks>
/// 1. Hash the canonical body. 2. Canonicalise the signed fields once (<see cref="SignedHeaders"/>). 3. For each key write the
/// field up to b=, hash fields and this field exactly as emitted, sign, append the signature. Thread safe.
/// </remarks>
public sealed class DkimSigner
{
    private const int ReadLength = 64 * 1024;

    private readonly TimeSpan? _lifetime;

    /// <param name="lifetime">
    /// When given, x= says how long after signing the signature is valid. Off by default: queues, lists and later
    /// checks of stored mail may take longer than anybody foresees.
    /// </param>
    public DkimSigner(TimeSpan? lifetime = null)
    {
        if (lifetime is { } given)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(given, TimeSpan.FromSeconds(1), nameof(lifetime));
        }

        _lifetime = lifetime;
    }

    /// <summary>Signs a message held in memory.</summary>
    /// <param name="headers">The header block as it will be sent, without DKIM-Signature of ours, with or without the ending blank line.</param>
    /// <param name="body">Everything behind the blank line.</param>
    /// <returns>
    /// One DKIM-Signature field per key, each folded and ending in CRLF, to be put before everything else. Empty when the
    /// message has no From field, which every signature must cover (RFC 6376 §5.4).
    /// </returns>
    public byte[] Sign(ReadOnlySpan<byte> headers, ReadOnlySpan<byte> body, IReadOnlyList<DkimKey> keys, DateTimeOffset signedAt)
    {
        using var canonicalizer = new BodyCanonicalizer(DkimCanonicalization.Relaxed);
        canonicalizer.Append(body);
        return SignHeaders(headers, canonicalizer, keys, signedAt);
    }

    /// <summary>As <see cref="Sign"/>, the body streamed from its current position to the end.</summary>
    public async ValueTask<byte[]> SignAsync(
        ReadOnlyMemory<byte> headers, Stream body, IReadOnlyList<DkimKey> keys, DateTimeOffset signedAt, CancellationToken cancellationToken)
    {
        using var canonicalizer = new BodyCanonicalizer(DkimCanonicalization.Relaxed);
        var buffer = ArrayPool<byte>.Shared.Rent(ReadLength);
        try
        {
            int read;
            while ((read = await body.ReadAsync(buffer, cancellationToken)) > 0)
            {
                canonicalizer.Append(buffer.AsSpan(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return SignHeaders(headers.Span, canonicalizer, keys, signedAt);
    }

    /// <summary>Everything before t=: the same for all messages signed with the key.</summary>
    internal static byte[] ComposePrefix(DkimKey key)
    {
        var field = new ArrayBufferWriter<byte>(128);
        var writer = new FoldedFieldWriter(field);
        var algorithm = key.Algorithm == DkimAlgorithm.RsaSha256 ? "rsa-sha256" : "ed25519-sha256";
        writer.Write(Encoding.ASCII.GetBytes($"{DkimSignatureField.Name}: v=1; a={algorithm}; c=relaxed/relaxed;"));
        writer.StartLine();
        writer.Write(Encoding.ASCII.GetBytes($"d={key.Domain};"));
        writer.WriteSpaced(Encoding.ASCII.GetBytes($" s={key.Selector};"));
        writer.StartLine();
        return field.WrittenSpan.ToArray();
    }

    private byte[] SignHeaders(ReadOnlySpan<byte> headers, BodyCanonicalizer body, IReadOnlyList<DkimKey> keys, DateTimeOffset signedAt)
    {
        if (keys.Count == 0)
        {
            return [];
        }

        var names = new ArrayBufferWriter<byte>(512);
        var canonical = ArrayPool<byte>.Shared.Rent(HeaderCanonicalizer.MaxLength(headers.Length));
        try
        {
            var length = SignedHeaders.Write(headers, canonical, names);
            if (length == 0)
            {
                return [];
            }

            var times = ComposeTimes(signedAt);
            var bodyHash = ComposeBodyHash(body);
            var output = new ArrayBufferWriter<byte>(keys.Count * (names.WrittenCount + 640));
            foreach (var key in keys)
            {
                var start = output.WrittenCount;
                output.Write(key.FieldPrefix);
                output.Write(times);
                output.Write(names.WrittenSpan);
                output.Write(bodyHash);
                WriteSignature(output, key.SignHash(HashHeaders(canonical.AsSpan(0, length), output.WrittenSpan[start..])));
            }

            return output.WrittenSpan.ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(canonical);
        }
    }

    private byte[] ComposeTimes(DateTimeOffset signedAt)
    {
        var seconds = signedAt.ToUnixTimeSeconds();
        var text = _lifetime is { } lifetime
            ? string.Create(CultureInfo.InvariantCulture, $"t={seconds}; x={seconds + (long)lifetime.TotalSeconds};")
            : string.Create(CultureInfo.InvariantCulture, $"t={seconds};");
        return Encoding.ASCII.GetBytes(text);
    }

    private static byte[] ComposeBodyHash(BodyCanonicalizer body)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        body.Finish(hash);
        return Encoding.ASCII.GetBytes($"\r\n bh={Convert.ToBase64String(hash)};\r\n b=");
    }

    private static byte[] HashHeaders(ReadOnlySpan<byte> canonicalHeaders, ReadOnlySpan<byte> field)
    {
        var canonicalField = ArrayPool<byte>.Shared.Rent(HeaderCanonicalizer.MaxLength(field.Length));
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            hash.AppendData(canonicalHeaders);

            // The signature field is hashed without its final CRLF (RFC 6376 §3.7).
            hash.AppendData(canonicalField, 0, HeaderCanonicalizer.WriteRelaxed(field, canonicalField) - 2);
            return hash.GetHashAndReset();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(canonicalField);
        }
    }

    private static void WriteSignature(ArrayBufferWriter<byte> output, byte[] signature)
    {
        var encoded = new byte[Base64.GetMaxEncodedToUtf8Length(signature.Length)];
        Base64.EncodeToUtf8(signature, encoded, out _, out var length);
        var writer = new FoldedFieldWriter(output, " b=".Length);
        writer.WriteCuttable(encoded.AsSpan(0, length));
        output.Write("\r\n"u8);
    }
}
