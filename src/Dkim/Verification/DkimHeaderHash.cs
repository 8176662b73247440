using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Relay.Dkim;

/// <summary>The hash a signature signs: the fields named in h=, then the signature field itself without b= (RFC 6376 §3.7).</summary>
internal static class DkimHeaderHash
{
    public static byte[] Compute(ReadOnlySpan<byte> headers, List<HeaderFieldSpan> fields, int signatureIndex, DkimSignatureField signature)
    {
        var data = new ArrayBufferWriter<byte>(4096);
        var unused = IndexByName(headers, fields, signatureIndex);
        foreach (var name in signature.SignedNames)
        {
            // The last instance first, each once; a name with no instance left signs its absence (RFC 6376 §5.4.2).
            if (unused.TryGetValue(name, out var instances) && instances.TryPop(out var index))
            {
                Append(data, signature.HeaderForm, fields[index].Of(headers));
            }
        }

        AppendSignatureField(data, fields[signatureIndex].Of(headers), signature);
        return SHA256.HashData(data.WrittenSpan);
    }

    private static Dictionary<string, Stack<int>> IndexByName(ReadOnlySpan<byte> headers, List<HeaderFieldSpan> fields, int signatureIndex)
    {
        var index = new Dictionary<string, Stack<int>>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < fields.Count; i++)
        {
            if (i == signatureIndex)
            {
                continue;
            }

            var name = Encoding.Latin1.GetString(fields[i].NameOf(headers));
            if (!index.TryGetValue(name, out var instances))
            {
                index.Add(name, instances = new Stack<int>());
            }

            instances.Push(i);
        }

        return index;
    }

    private static void Append(ArrayBufferWriter<byte> data, DkimCanonicalization form, ReadOnlySpan<byte> field) =>
        data.Advance(HeaderCanonicalizer.Write(form, field, data.GetSpan(HeaderCanonicalizer.MaxLength(field.Length))));

    private static void AppendSignatureField(ArrayBufferWriter<byte> data, ReadOnlySpan<byte> raw, DkimSignatureField signature)
    {
        if (raw.EndsWith("\r\n"u8))
        {
            raw = raw[..^2];
        }

        byte[] unsigned = [.. raw[..signature.SignatureRange.Start], .. raw[signature.SignatureRange.End..]];
        var destination = data.GetSpan(HeaderCanonicalizer.MaxLength(unsigned.Length));
        var length = HeaderCanonicalizer.Write(signature.HeaderForm, unsigned, destination);

        // The signature field is hashed without its final CRLF.
        data.Advance(length - 2);
    }
}
