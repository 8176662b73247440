namespace Relay.Toml;

/// <summary>The grammar of documents, headers, keys, arrays and inline tables.</summary>
/// <remarks>
/// Each line is blank, a comment, a header, or a key with its value; all else about a line is refused.
/// Which tables a header or key may open or extend is decided by <see cref="TomlTableBuilder"/>.
/// </remarks>
internal sealed class TomlDocumentParser(TomlCursor cursor, int maxDepth)
{
    private readonly TomlTableBuilder _tables = new(maxDepth);
    private readonly TomlStringParser _strings = new(cursor);

    public TomlTable Parse()
    {
        var current = _tables.Root;
        for (cursor.SkipBlanks(); !cursor.AtEnd; cursor.SkipBlanks())
        {
            if (cursor.Is('['))
            {
                current = ParseHeader();
            }
            else if (!cursor.Is('#') && !cursor.IsNewline())
            {
                ParseKeyAndValue(current);
            }

            EndLine();
        }

        return _tables.Root;
    }

    private void EndLine()
    {
        cursor.SkipBlanks();
        cursor.SkipComment();
        if (!cursor.TryNewline() && !cursor.AtEnd)
        {
            throw cursor.Fail($"{cursor.Describe()} is not allowed here; the line ends after a header or value, only a # comment may follow");
        }
    }

    private TomlTable ParseHeader()
    {
        var isArray = cursor.Is("[[");
        cursor.Advance(isArray ? 2 : 1);
        var key = ParseKey();
        var close = isArray ? "]]" : "]";
        if (!cursor.Is(close))
        {
            throw cursor.Fail($"{cursor.Describe()} is not allowed here; the header is closed by {close}");
        }

        cursor.Advance(close.Length);
        return isArray ? _tables.AppendToArray(key) : _tables.Open(key);
    }

    private void ParseKeyAndValue(TomlTable table)
    {
        var key = ParseKey();
        if (!cursor.Is('='))
        {
            throw cursor.Fail($"{cursor.Describe()} is not allowed here; a key is followed by = and its value");
        }

        cursor.Advance();
        cursor.SkipBlanks();
        var owner = _tables.Descend(table, key);
        TomlTableBuilder.Add(owner, key[^1], ParseValue(owner.Depth + 1));
    }

    /// <summary>The parts of a dotted key with the blanks around them.</summary>
    private List<TomlKeyPart> ParseKey()
    {
        List<TomlKeyPart> parts = [];
        while (true)
        {
            cursor.SkipBlanks();
            parts.Add(new TomlKeyPart(_strings.ParseSimpleKey(out var position), position));
            cursor.SkipBlanks();
            if (!cursor.Is('.'))
            {
                return parts;
            }

            if (parts.Count >= maxDepth)
            {
                throw cursor.Fail($"this key has more than {maxDepth} parts");
            }

            cursor.Advance();
        }
    }

    private TomlValue ParseValue(int depth) => cursor.Current switch
    {
        '"' or '\'' => _strings.ParseString(),
        '[' => ParseArray(depth),
        '{' => ParseInlineTable(depth),
        _ => TomlLiteralParser.Parse(cursor),
    };

    private TomlArray ParseArray(int depth)
    {
        RefuseDepth(depth);
        var array = new TomlArray(cursor.Position);
        cursor.Advance();
        cursor.SkipBlanksAndLines();
        while (!cursor.Is(']'))
        {
            array.Add(ParseValue(depth + 1));
            cursor.SkipBlanksAndLines();
            if (cursor.Is(','))
            {
                cursor.Advance();
                cursor.SkipBlanksAndLines();
            }
            else if (!cursor.Is(']'))
            {
                throw cursor.Fail($"{cursor.Describe()} is not allowed here; the elements of an array are separated by , and closed by ]");
            }
        }

        cursor.Advance();
        return array;
    }

    // TOML 1.0: on one line (but for newlines inside its values), no comma behind the last pair.
    private TomlTable ParseInlineTable(int depth)
    {
        RefuseDepth(depth);
        var table = new TomlTable(cursor.Position, TomlTableOrigin.Inline, depth);
        cursor.Advance();
        cursor.SkipBlanks();
        if (!cursor.Is('}'))
        {
            ParseKeyAndValue(table);
            for (cursor.SkipBlanks(); cursor.Is(','); cursor.SkipBlanks())
            {
                cursor.Advance();
                ParseKeyAndValue(table);
            }
        }

        if (!cursor.Is('}'))
        {
            throw cursor.Fail($"{cursor.Describe()} is not allowed here; the pairs of an inline table are separated by , and closed by }} on the same line");
        }

        cursor.Advance();
        return table;
    }

    private void RefuseDepth(int depth)
    {
        if (depth > maxDepth)
        {
            throw cursor.Fail($"more than {maxDepth} tables and arrays inside each other");
        }
    }
}
