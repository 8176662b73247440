using System.Text.Encodings.Web;

namespace Relay.Platform;

/// <summary>Escapes in JSON only what RFC 8259 §7 demands, and halves of surrogate pairs.</summary>
/// <remarks>For answers to programs, never for a page. The framework's own least strict encoder still escapes what lies beyond the first plane, such as emoji.</remarks>
internal sealed class PlainJsonEncoder : JavaScriptEncoder
{
    private const int FirstBeyondBasicPlane = 0x10000;

    private static readonly JavaScriptEncoder Inner = UnsafeRelaxedJsonEscaping;

    public override int MaxOutputCharactersPerInputCharacter => Inner.MaxOutputCharactersPerInputCharacter;

    public override bool WillEncode(int unicodeScalar) => unicodeScalar < FirstBeyondBasicPlane && Inner.WillEncode(unicodeScalar);

    // The base class gives and takes pointers; all that is done with them is done by its own encoder.
    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        var start = 0;
        while (Inner.FindFirstCharacterToEncode(text + start, textLength - start) is >= 0 and var found)
        {
            var at = start + found;
            if (at + 1 >= textLength || !char.IsSurrogatePair(text[at], text[at + 1]))
            {
                return at;
            }

            start = at + 2;
        }

        return -1;
    }

    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        if (WillEncode(unicodeScalar))
        {
            return Inner.TryEncodeUnicodeScalar(unicodeScalar, buffer, bufferLength, out numberOfCharactersWritten);
        }

        return new System.Text.Rune(unicodeScalar).TryEncodeToUtf16(new Span<char>(buffer, bufferLength), out numberOfCharactersWritten);
    }
}
