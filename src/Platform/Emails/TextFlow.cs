using System.Text;

namespace Relay.Platform.Emails;

/// <summary>Text with white space as HTML shows it: runs are one space, blocks begin lines, paragraphs leave one line free.</summary>
internal sealed class TextFlow
{
    private readonly StringBuilder _text = new();
    private int _lines;
    private bool _space;

    public void Add(string words, bool isPreformatted)
    {
        foreach (var c in words)
        {
            if (isPreformatted && c == '\n')
            {
                Break();
            }
            else if (isPreformatted && c == ' ')
            {
                Flush();
                _text.Append(' ');
            }
            else if (c is ' ' or '\t' or '\n' or '\r' or '\f')
            {
                _space = true;
            }
            else
            {
                Flush();
                _text.Append(c == '\u00a0' ? ' ' : c);
            }
        }
    }

    public void NewLine() => Break();

    public void Line() => _lines = Math.Max(_lines, 1);

    public void Paragraph() => _lines = Math.Max(_lines, 2);

    public override string ToString()
    {
        var lines = _text.ToString().Split('\n').Select(line => line.TrimEnd());
        return string.Join('\n', lines).Trim('\n') + "\n";
    }

    private void Break()
    {
        Flush();
        _text.Append('\n');
        _space = false;
    }

    private void Flush()
    {
        if (_lines > 0)
        {
            TrimEnd();
            for (var present = Ends(); _text.Length > 0 && present < _lines; present++)
            {
                _text.Append('\n');
            }

            _lines = 0;
            _space = false;
        }

        if (_space && _text.Length > 0 && _text[^1] is not ('\n' or ' '))
        {
            _text.Append(' ');
        }

        _space = false;
    }

    private void TrimEnd()
    {
        while (_text.Length > 0 && _text[^1] == ' ')
        {
            _text.Length--;
        }
    }

    private int Ends() => _text.Length == 0 || _text[^1] != '\n' ? 0 : _text.Length > 1 && _text[^2] == '\n' ? 2 : 1;
}
