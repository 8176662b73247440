using System.Text;

namespace Relay.Mail;

/// <summary>Reads one address field in a single pass.</summary>
/// <remarks>
/// 1. Characters go to the phrase (what a name would be) and to the plain text (what an address without brackets would be).
/// 2. Angle brackets set the address, comments a name of last resort. 3. Comma, semicolon and colon end an address or open
/// and close a group.
/// </remarks>
internal ref struct AddressListParser
{
    private const int MaxUnparsed = 100;

    private readonly ReadOnlySpan<char> _text;
    private readonly int _lastBracket;
    private readonly List<AddressGroup> _groups = [];
    private readonly List<string> _unparsed = [];
    private readonly StringBuilder _phrase = new();
    private readonly StringBuilder _plain = new();
    private List<NamedMailbox> _members = [];
    private string? _groupName;
    private string? _angle;
    private string? _comment;
    private bool _wordEnded;
    private int _count;
    private int _at;

    public AddressListParser(string text)
    {
        _text = text;
        _lastBracket = _text.LastIndexOf('>');
    }

    public AddressList Parse()
    {
        while (_at < _text.Length && _count < AddressList.MaxAddresses)
        {
            ReadNext();
        }

        if (_at < _text.Length)
        {
            Refuse(_text[_at..].ToString());
        }

        EndAddress();
        EndGroup();
        return new AddressList(_groups, _unparsed);
    }

    private void ReadNext()
    {
        var c = _text[_at];
        switch (c)
        {
            case ',':
                _at++;
                EndAddress();
                break;
            case ';':
                _at++;
                EndAddress();
                EndGroup();
                break;
            case ':':
                _at++;
                StartGroup();
                break;
            case '<':
                ReadAngle();
                break;
            case '(':
                ReadComment();
                break;
            case '"':
                ReadQuoted();
                break;
            case '[':
                ReadLiteral();
                break;
            case ' ' or '\t' or '\r' or '\n':
                _at++;
                _plain.Append(' ');
                _wordEnded = true;
                break;
            default:
                _at++;
                StartWord();
                _phrase.Append(c);
                _plain.Append(c);
                break;
        }
    }

    private void StartWord()
    {
        if (_wordEnded && _phrase.Length > 0)
        {
            _phrase.Append(' ');
        }

        _wordEnded = false;
    }

    private void ReadAngle()
    {
        // Two addresses without a comma between them.
        if (_angle is not null)
        {
            EndAddress();
        }

        var start = ++_at;
        var quoted = false;
        var isClosed = start <= _lastBracket;
        while (_at < _text.Length && (quoted || _text[_at] != '>') && (isClosed || _text[_at] != ','))
        {
            if (_text[_at] == '\\' && quoted)
            {
                _at++;
            }
            else if (_text[_at] == '"')
            {
                quoted = !quoted;
            }

            _at++;
        }

        _at = Math.Min(_at, _text.Length);
        _angle = _text[start.._at].ToString();
        _wordEnded = true;
        if (_at < _text.Length && _text[_at] == '>')
        {
            _at++;
        }
    }

    private void ReadComment()
    {
        var content = new StringBuilder();
        var start = _at;
        _at = CommentReader.Skip(_text, _at, out var isClosed, content);
        _plain.Append(' ');
        _wordEnded = true;
        _comment ??= content.ToString();
        if (!isClosed)
        {
            // Others may read addresses in what it swallowed.
            Refuse(_text[start..].ToString());
        }
    }

    private void ReadQuoted()
    {
        StartWord();
        var start = _at++;
        while (_at < _text.Length && _text[_at] != '"')
        {
            if (_text[_at] == '\\' && _at + 1 < _text.Length)
            {
                _at++;
            }

            // Folding inside of a quoted string: the line end goes, the space stays.
            if (_text[_at] is not ('\r' or '\n'))
            {
                _phrase.Append(_text[_at]);
            }

            _at++;
        }

        _at = Math.Min(_at + 1, _text.Length);
        _plain.Append(_text[start.._at]);
        _wordEnded = true;
    }

    private void ReadLiteral()
    {
        var length = _text[_at..].IndexOf(']') + 1;
        var literal = length > 0 ? _text.Slice(_at, length) : _text[_at..];
        _at += literal.Length;
        StartWord();
        _phrase.Append(literal);
        _plain.Append(literal);
    }

    private void StartGroup()
    {
        // Whatever a colon behind an address means to whom sent it, others read that address.
        if (_angle is not null || AddrSpecParser.TryParse(_plain.ToString(), out _))
        {
            EndAddress();
            return;
        }

        var name = EncodedWord.Decode(_phrase.ToString());
        Reset();
        EndGroup();
        _groupName = name;
    }

    private void EndGroup()
    {
        if (_groupName is not null || _members.Count > 0)
        {
            _groups.Add(new AddressGroup(_groupName, _members));
        }

        _groupName = null;
        _members = [];
    }

    private void EndAddress()
    {
        var address = _angle ?? _plain.ToString();
        var name = _angle is not null && _phrase.Length > 0 ? _phrase.ToString() : _comment?.Trim();
        if (AddrSpecParser.TryParse(address, out var mailbox))
        {
            _members.Add(new NamedMailbox(string.IsNullOrEmpty(name) ? null : EncodedWord.Decode(name), mailbox));
            _count++;
        }
        else if (_angle is not null || !string.IsNullOrWhiteSpace(address))
        {
            Refuse(address.Trim());
            _count++;
        }

        Reset();
    }

    private readonly void Refuse(string text)
    {
        if (_unparsed.Count < MaxUnparsed)
        {
            _unparsed.Add(text);
        }
    }

    private void Reset()
    {
        _phrase.Clear();
        _plain.Clear();
        _angle = null;
        _comment = null;
        _wordEnded = false;
    }
}
