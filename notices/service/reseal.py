"""What is sealed of parties, contacts and defences, moved under the current key of the vault."""

from sqlalchemy import Connection, select, update

from models.defence_tables import Defence
from models.service_tables import ServiceContact
from models.vault import Vault
from notices.service import contacts, defence


def reseal(connection: Connection, vault: Vault) -> int:
    """Seal under the current key what is sealed under an older one; return how many rows.

    The tables let nothing but the seal of a row be changed.

    Raises:
        VaultError: the key of a row is not here, or the row was changed.

    """
    count = 0
    for table in (ServiceContact, Defence):
        for row in connection.execute(select(table.__table__).where(table.key_id != vault.key_id)).all():
            of_contact = table is ServiceContact
            place = contacts.seal_place(row.case_id) if of_contact else defence.seal_place(row.receipt)
            sealed = vault.seal(vault.open(row.sealed, row.key_id, place), place)
            anew = update(table).where(table.id == row.id).values(sealed=sealed, key_id=vault.key_id)
            connection.execute(anew)
            count += 1
    return count
