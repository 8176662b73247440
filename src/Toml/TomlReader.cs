using System.Buffers;
using System.Text.Unicode;

namespace Relay.Toml;

/// <summary>Reads TOML 1.0 (toml.io/en/v1.0.0) into a tree of typed values with their positions.</summary>
public static class TomlReader
{
    private const char ByteOrderMark = '\uFEFF';

    /// <exception cref="TomlException">The text is not TOML 1.0, or too long or too deep.</exception>
    public static TomlTable Parse(string text) => Parse(text, TomlReaderOptions.Default);

    /// <inheritdoc cref="Parse(string)"/>
    public static TomlTable Parse(string text, TomlReaderOptions options)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(options);
        RefuseLongDocument(text.Length, options);
        RefuseLoneSurrogate(text);
        return ParseValidText(text, options);
    }

    /// <summary>Reads a file's bytes; a byte order mark at their start is skipped.</summary>
    /// <exception cref="TomlException">The bytes are not UTF-8, not TOML 1.0, or too long or too deep.</exception>
    public static TomlTable Parse(ReadOnlySpan<byte> utf8) => Parse(utf8, TomlReaderOptions.Default);

    /// <inheritdoc cref="Parse(ReadOnlySpan{byte})"/>
    public static TomlTable Parse(ReadOnlySpan<byte> utf8, TomlReaderOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        RefuseLongDocument(utf8.Length, options);
        var characters = new char[utf8.Length];
        var status = Utf8.ToUtf16(utf8, characters, out _, out var written, replaceInvalidSequences: false);
        var text = new string(characters, 0, written);
        if (status != OperationStatus.Done)
        {
            throw new TomlException("this byte is not UTF-8; a TOML document is UTF-8 throughout", EndOf(text));
        }

        return ParseValidText(text, options);
    }

    private static TomlTable ParseValidText(string text, TomlReaderOptions options)
    {
        var cursor = new TomlCursor(text);
        if (cursor.Is(ByteOrderMark))
        {
            cursor.SkipByteOrderMark();
        }

        return new TomlDocumentParser(cursor, Math.Clamp(options.MaxDepth, 1, 1000)).Parse();
    }

    private static void RefuseLongDocument(int length, TomlReaderOptions options)
    {
        if (length > options.MaxLength)
        {
            throw new TomlException($"the document is longer than {options.MaxLength} bytes", new TomlPosition(1, 1));
        }
    }

    private static void RefuseLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (!(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1])))
            {
                throw new TomlException("half a surrogate pair is no character; only Unicode scalar values are allowed", EndOf(text.AsSpan(0, i)));
            }

            i++;
        }
    }

    private static TomlPosition EndOf(ReadOnlySpan<char> text) => new(text.Count('\n') + 1, text.Length - text.LastIndexOf('\n'));
}
