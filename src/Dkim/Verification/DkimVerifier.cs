using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Relay.Dkim;

/// <summary>Verifies the DKIM signatures of a message (RFC 6376 §6.1, RFC 8301, RFC 8463). Thread safe.</summary>
/// <remarks>
/// 1. Parse each DKIM-Signature field. 2. Hash the body once for every canonicalisation and l= in use.
/// 3. Where the body hash agrees, fetch the key (each name once) and verify the header hash.
/// At most <see cref="MaxSignatures"/> signatures are looked at, from the top; the others are reported as neutral.
/// </remarks>
public sealed class DkimVerifier(IDkimKeyLookup lookup, TimeProvider timeProvider)
{
    public const int MaxSignatures = 10;

    private const int MaxRecordsPerName = 10;
    private const int ReadLength = 64 * 1024;

    /// <summary>Returns one result per DKIM-Signature field in the order of the fields; empty when the message is not signed.</summary>
    /// <param name="headers">The header block with CRLF line ends, with or without the ending blank line.</param>
    /// <param name="body">Everything behind the blank line, read from its current position to the end.</param>
    public async ValueTask<IReadOnlyList<DkimResult>> VerifyAsync(ReadOnlyMemory<byte> headers, Stream body, CancellationToken cancellationToken)
    {
        var fields = ScanFields(headers.Span);
        var signatures = ReadSignatures(headers.Span, fields);
        var bodies = await HashBodiesAsync(signatures, body, cancellationToken);
        var answers = new Dictionary<string, DkimKeyAnswer>(StringComparer.Ordinal);
        var results = new List<DkimResult>(signatures.Count);
        foreach (var signature in signatures)
        {
            if (signature.Field is not { } field)
            {
                results.Add(signature.Fault!);
                continue;
            }

            var hashed = bodies[(field.BodyForm, field.BodyLength)];
            var result = CheckBody(field, hashed);
            if (result.Outcome == DkimOutcome.Pass)
            {
                var answer = await LookupAsync(field.KeyName, answers, cancellationToken);
                result = CheckKeys(field, answer, DkimHeaderHash.Compute(headers.Span, fields, signature.Index, field));
            }

            results.Add(Describe(result, field) with { CoversWholeBody = field.BodyLength is null || field.BodyLength >= hashed.Length });
        }

        return results;
    }

    private static List<HeaderFieldSpan> ScanFields(ReadOnlySpan<byte> headers)
    {
        var fields = new List<HeaderFieldSpan>();
        var scanner = new HeaderFieldScanner(headers);
        while (scanner.MoveNext(out var field))
        {
            fields.Add(field);
        }

        return fields;
    }

    private List<FoundSignature> ReadSignatures(ReadOnlySpan<byte> headers, List<HeaderFieldSpan> fields)
    {
        var found = new List<FoundSignature>();
        for (var i = 0; i < fields.Count; i++)
        {
            if (!System.Text.Ascii.EqualsIgnoreCase(fields[i].NameOf(headers), DkimSignatureField.Name))
            {
                continue;
            }

            if (found.Count >= MaxSignatures)
            {
                found.Add(new FoundSignature(i, null, DkimResult.Of(DkimOutcome.Neutral, $"only {MaxSignatures} signatures are checked")));
                continue;
            }

            _ = DkimSignatureField.TryParse(fields[i].Of(headers), out var field, out var fault);
            if (field is { ExpiresAt: { } expiresAt } && expiresAt < timeProvider.GetUtcNow().ToUnixTimeSeconds())
            {
                fault = Describe(DkimResult.Of(DkimOutcome.PermError, "signature has expired"), field);
                field = null;
            }

            found.Add(new FoundSignature(i, field, fault));
        }

        return found;
    }

    private static DkimResult Describe(DkimResult result, DkimSignatureField field) => result with
    {
        Domain = field.Domain,
        Selector = field.Selector,
        Algorithm = field.AlgorithmName,
        Identity = field.Identity,
    };

    private static async ValueTask<Dictionary<(DkimCanonicalization Form, long? Length), HashedBody>> HashBodiesAsync(
        List<FoundSignature> signatures, Stream body, CancellationToken cancellationToken)
    {
        var canonicalizers = new Dictionary<(DkimCanonicalization, long?), BodyCanonicalizer>();
        var buffer = ArrayPool<byte>.Shared.Rent(ReadLength);
        try
        {
            foreach (var field in signatures.Select(signature => signature.Field).OfType<DkimSignatureField>())
            {
                ref var canonicalizer = ref CollectionsMarshal.GetValueRefOrAddDefault(
                    canonicalizers, (field.BodyForm, field.BodyLength), out _);
                canonicalizer ??= new BodyCanonicalizer(field.BodyForm, field.BodyLength);
            }

            int read;
            while (canonicalizers.Count > 0 && (read = await body.ReadAsync(buffer, cancellationToken)) > 0)
            {
                foreach (var canonicalizer in canonicalizers.Values)
                {
                    canonicalizer.Append(buffer.AsSpan(0, read));
                }
            }

            return canonicalizers.ToDictionary(pair => pair.Key, pair => HashedBody.Finish(pair.Value));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            foreach (var canonicalizer in canonicalizers.Values)
            {
                canonicalizer.Dispose();
            }
        }
    }

    private static DkimResult CheckBody(DkimSignatureField field, HashedBody body)
    {
        if (field.BodyLength > body.Length)
        {
            return DkimResult.Of(DkimOutcome.Fail, "l= is more than the body has");
        }

        return body.Hash.AsSpan().SequenceEqual(field.BodyHash)
            ? DkimResult.Of(DkimOutcome.Pass, string.Empty)
            : DkimResult.Of(DkimOutcome.Fail, "body hash does not verify");
    }

    private async ValueTask<DkimKeyAnswer> LookupAsync(
        string name, Dictionary<string, DkimKeyAnswer> answers, CancellationToken cancellationToken)
    {
        if (!answers.TryGetValue(name, out var answer))
        {
            answer = await lookup.LookupAsync(name, cancellationToken);
            answers.Add(name, answer);
        }

        return answer;
    }

    // RFC 6376 §6.1.2: with several records each may be tried; the first fault is told when none verifies.
    private static DkimResult CheckKeys(DkimSignatureField field, DkimKeyAnswer answer, byte[] headerHash)
    {
        if (answer.IsTemporaryFailure)
        {
            return DkimResult.Of(DkimOutcome.TempError, "key is not available at the moment");
        }

        DkimResult? first = null;
        foreach (var text in answer.Texts.Take(MaxRecordsPerName))
        {
            var result = CheckKey(field, text, headerHash);
            if (result.Outcome == DkimOutcome.Pass)
            {
                return result;
            }

            // A failed verification says more than a record that belongs to something else.
            first = first is null || (first.Outcome != DkimOutcome.Fail && result.Outcome == DkimOutcome.Fail) ? result : first;
        }

        return first ?? DkimResult.Of(DkimOutcome.PermError, "no key for signature");
    }

    private static DkimResult CheckKey(DkimSignatureField field, string text, byte[] headerHash)
    {
        if (!DkimKeyRecord.TryParse(text, out var record, out var fault))
        {
            return DkimResult.Of(DkimOutcome.PermError, fault);
        }

        fault = FaultOf(field, record);
        var (outcome, reason) = fault.Length > 0
            ? (DkimOutcome.PermError, fault)
            : DkimPublicKey.Verify(field.Algorithm, record.PublicKey.Span, headerHash, field.Signature);
        return DkimResult.Of(outcome, reason) with { IsTesting = record.IsTesting };
    }

    private static string FaultOf(DkimSignatureField field, DkimKeyRecord record)
    {
        var keyType = field.Algorithm == DkimAlgorithm.RsaSha256 ? "rsa" : "ed25519";
        return record switch
        {
            { IsRevoked: true } => "key is revoked",
            { AllowsEmail: false } => "key is not for e-mail",
            { AllowsSha256: false } => "key does not allow SHA-256",
            _ when record.KeyType != keyType => "key is of another type than the signature",
            { RequiresExactDomain: true } when field.IdentityDomain != field.Domain => "key demands i= and d= to be the same domain",
            _ => string.Empty,
        };
    }

    private sealed record FoundSignature(int Index, DkimSignatureField? Field, DkimResult? Fault);

    private sealed record HashedBody(byte[] Hash, long Length)
    {
        public static HashedBody Finish(BodyCanonicalizer canonicalizer)
        {
            var hash = new byte[SHA256.HashSizeInBytes];
            canonicalizer.Finish(hash);
            return new HashedBody(hash, canonicalizer.Length);
        }
    }
}
