using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Relay.Mail;

/// <summary>addr-spec of RFC 5322 §3.4.1 with the obsolete forms of §4.4: comments and space between words and dots, quoted words, routes.</summary>
internal ref struct AddrSpecParser
{
    private readonly StringBuilder _local = new();
    private readonly StringBuilder _domain = new();
    private readonly ReadOnlySpan<char> _text;
    private Token _last;
    private bool _gap;
    private bool _inDomain;
    private int _at;

    private AddrSpecParser(ReadOnlySpan<char> text) => _text = text;

    private enum Token
    {
        Start,
        Atom,
        Quoted,
        Dot,
        At,
        Literal,
    }

    public static bool TryParse(string text, [NotNullWhen(true)] out Mailbox? mailbox)
    {
        var trimmed = text.AsSpan().Trim();
        if (Mailbox.TryParse(trimmed, out mailbox))
        {
            return true;
        }

        // A route is dropped: RFC 5321 §3.6.1 lets every host do so.
        if (trimmed.StartsWith('@') && trimmed.IndexOf(':') is > 0 and var colon)
        {
            trimmed = trimmed[(colon + 1)..];
        }

        return new AddrSpecParser(trimmed).TryRead(out mailbox);
    }

    private bool TryRead([NotNullWhen(true)] out Mailbox? mailbox)
    {
        mailbox = null;
        while (_at < _text.Length)
        {
            if (!TryReadNext())
            {
                return false;
            }
        }

        return _inDomain
            && _last is Token.Atom or Token.Literal
            && Mailbox.TryCreate(_local.ToString(), _domain.ToString(), out mailbox);
    }

    private bool TryReadNext()
    {
        var c = _text[_at];
        switch (c)
        {
            case ' ' or '\t' or '\r' or '\n':
                _at++;
                _gap = true;
                return true;
            case '(':
                _at = CommentReader.Skip(_text, _at);
                _gap = true;
                return true;
            case '"':
                return !_inDomain && _last is Token.Start or Token.Dot && TryReadQuoted();
            case '[':
                return _last == Token.At && TryReadLiteral();
            case '.':
                _at++;
                Target.Append(c);
                return Accept(_last is Token.Atom or Token.Quoted, Token.Dot);
            case '@':
                _at++;
                return Accept(!_inDomain && _last is Token.Atom or Token.Quoted, Token.At) && (_inDomain = true);
            default:
                _at++;
                Target.Append(c);
                return MailboxSyntax.IsAtext(c) && Accept(_last is not (Token.Quoted or Token.Literal) && !(_last == Token.Atom && _gap), Token.Atom);
        }
    }

    private readonly StringBuilder Target => _inDomain ? _domain : _local;

    private bool Accept(bool allowed, Token token)
    {
        _last = token;
        _gap = false;
        return allowed;
    }

    private bool TryReadQuoted()
    {
        for (_at++; _at < _text.Length && _text[_at] != '"'; _at++)
        {
            if (_text[_at] == '\\' && _at + 1 < _text.Length)
            {
                _at++;
            }

            if (_text[_at] is not ('\r' or '\n'))
            {
                _local.Append(_text[_at]);
            }
        }

        return Accept(_at++ < _text.Length, Token.Quoted);
    }

    private bool TryReadLiteral()
    {
        var length = _text[_at..].IndexOf(']') + 1;
        _domain.Append(_text.Slice(_at, length));
        _at += length;
        return Accept(length > 0, Token.Literal);
    }
}
