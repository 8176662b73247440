using System.Text.Json;

namespace Relay;

/// <summary>Whether a list is a table or lines: its first page decides, and the pages behind it look the same.</summary>
/// <param name="terminalColumns">Null where nobody looks: lines.</param>
/// <param name="columns">Null: it has no table.</param>
internal sealed class ListForm(TextWriter output, int? terminalColumns, IReadOnlyList<ListColumn>? columns)
{
    private bool? _isTable;

    /// <summary>Writes nothing and returns false where the list is not a table.</summary>
    public bool TryWriteTable(IReadOnlyList<JsonElement> page)
    {
        if (terminalColumns is not { } width || columns is null || page.Count == 0 || _isTable == false)
        {
            return false;
        }

        if (_isTable == true)
        {
            ListTable.Write(output, width, columns, page);
            return true;
        }

        _isTable = ListTable.TryWrite(output, width, columns, page);
        return _isTable.Value;
    }
}
